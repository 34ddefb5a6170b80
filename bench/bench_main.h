#pragma once

namespace plaza {

/// `plaza bench WORKLOAD [options]`. argv[0] is the command's name.
/// Gives 0 when everything was as promised, 1 when something was lost, doubled, reordered or wrong, 2 for wrong arguments,
/// 3 when the measurement could not be made, 130 after ctrl-C.
int bench_main(int argc, char** argv);

}  // namespace plaza
