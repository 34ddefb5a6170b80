#pragma once

namespace plaza::app {

/// `plaza admin`: argv[0] is "plaza admin". Gives the exit code.
int admin_main(int argc, char** argv);

}  // namespace plaza::app
