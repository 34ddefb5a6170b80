#pragma once

namespace plaza {

/// `plaza chat`: argv[0] is how it was called. 0 success; 1 a script's line failed, no server, no login; 2 wrong usage.
int chat_main(int argc, char** argv);

}  // namespace plaza
