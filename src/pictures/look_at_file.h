#pragma once

namespace plaza::pictures {

/// `plaza look-at-file`: looks at the file that is its standard input, and writes what it is to its standard output, for
/// InspectorProcess (inspector_process.h). Gives the exit code.
int look_at_file();

}  // namespace plaza::pictures
