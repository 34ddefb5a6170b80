#pragma once

namespace plaza::app {

/// Reads the command line, runs the command, gives the exit code. The only door to CLI11, which is slow to compile.
int run_command_line(int argc, char** argv);

}  // namespace plaza::app
