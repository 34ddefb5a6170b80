# How everything of ours is compiled.
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  message(FATAL_ERROR "GCC ${CMAKE_CXX_COMPILER_VERSION} miscompiles coroutines (see docs/architecture.md). "
                      "Use a preset: cmake --preset release (clang-19).")
endif()
if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 17)
  message(FATAL_ERROR "clang ${CMAKE_CXX_COMPILER_VERSION} is too old: Plaza needs clang 17 or newer (clang-19 is what we test).")
endif()

set(CMAKE_CXX_STANDARD 23)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_CXX_SCAN_FOR_MODULES OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE OFF)
set(CMAKE_CXX_FLAGS_RELWITHDEBINFO "-O2 -g1")
set(CMAKE_C_FLAGS_RELWITHDEBINFO "-O2 -g1")

find_program(PLAZA_CCACHE ccache)
if(PLAZA_CCACHE)
  set(CMAKE_C_COMPILER_LAUNCHER ${PLAZA_CCACHE})
  set(CMAKE_CXX_COMPILER_LAUNCHER ${PLAZA_CCACHE})
endif()

add_compile_options(-Wall -Wextra -Werror -Wshadow -Wnon-virtual-dtor -Wno-missing-designated-field-initializers -fno-omit-frame-pointer -fdiagnostics-color=auto)
add_link_options(-fuse-ld=lld)

set(PLAZA_SANITIZE "" CACHE STRING "Sanitizers, as -fsanitize takes them")
option(PLAZA_FUZZ "Build the libFuzzer targets" OFF)
if(PLAZA_SANITIZE)
  add_compile_options(-fsanitize=${PLAZA_SANITIZE} -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${PLAZA_SANITIZE})
  # Sanitized code is compiled for finding faults, not for speed: -O1 halves the build.
  set(CMAKE_CXX_FLAGS_RELWITHDEBINFO "-O1 -g1")
  set(CMAKE_C_FLAGS_RELWITHDEBINFO "-O1 -g1")
endif()
