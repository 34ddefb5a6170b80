# plaza_folder(NAME [SINGLE_THREADED] DEPS ... PRIVATE_DEPS ... TEST_DEPS ...)
#
# SINGLE_THREADED: the tests start no thread, so that ThreadSanitizer has nothing to find in them: they are not built for it.
#
# One folder = one library (plaza_NAME) from its *.cpp, one test program (NAME_test) from its *_test.cpp, one libFuzzer
# target per *_fuzz.cpp (with -DPLAZA_FUZZ=ON) and one Google Benchmark program per *_bench.cpp. Files are found by name,
# so that adding one needs no edit here.
include(GoogleTest)

function(plaza_folder name)
  cmake_parse_arguments(ARG "SINGLE_THREADED" "" "DEPS;PRIVATE_DEPS;TEST_DEPS" ${ARGN})
  file(GLOB all CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.cpp)
  set(tests ${all})
  list(FILTER tests INCLUDE REGEX "_test\\.cpp$")
  set(fuzzers ${all})
  list(FILTER fuzzers INCLUDE REGEX "_fuzz\\.cpp$")
  set(benches ${all})
  list(FILTER benches INCLUDE REGEX "_bench\\.cpp$")
  set(sources ${all})
  list(FILTER sources EXCLUDE REGEX "(_test|_fuzz|_bench|/main)\\.cpp$")

  if(sources)
    add_library(plaza_${name} STATIC ${sources})
    target_include_directories(plaza_${name} PUBLIC ${CMAKE_SOURCE_DIR}/src ${CMAKE_SOURCE_DIR})
    target_link_libraries(plaza_${name} PUBLIC ${ARG_DEPS} PRIVATE ${ARG_PRIVATE_DEPS})
  else()
    add_library(plaza_${name} INTERFACE)
    target_include_directories(plaza_${name} INTERFACE ${CMAKE_SOURCE_DIR}/src ${CMAKE_SOURCE_DIR})
    target_link_libraries(plaza_${name} INTERFACE ${ARG_DEPS})
  endif()

  if(tests AND NOT (ARG_SINGLE_THREADED AND PLAZA_SANITIZE MATCHES "thread"))
    add_executable(${name}_test ${tests})
    # A third of a build was the optimizer at work on test bodies, which run once (with sanitizers: two thirds). What they
    # test is in the library and compiled as it is shipped.
    target_compile_options(${name}_test PRIVATE -O0)
    target_link_libraries(${name}_test PRIVATE plaza_${name} ${ARG_PRIVATE_DEPS} ${ARG_TEST_DEPS} plaza::dep::gtest)
    gtest_discover_tests(${name}_test TEST_PREFIX "${name}/" DISCOVERY_TIMEOUT 120
                         DISCOVERY_MODE PRE_TEST PROPERTIES TIMEOUT 300)
  endif()

  if(PLAZA_FUZZ AND fuzzers)
    # The fuzzer sees which branches an input takes only in code that is compiled to tell it.
    target_compile_options(plaza_${name} PRIVATE -fsanitize=fuzzer-no-link)
    foreach(source ${fuzzers})
      get_filename_component(target ${source} NAME_WE)
      add_executable(${target} ${source})
      target_compile_options(${target} PRIVATE -fsanitize=fuzzer)
      target_link_options(${target} PRIVATE -fsanitize=fuzzer)
      target_link_libraries(${target} PRIVATE plaza_${name} ${ARG_PRIVATE_DEPS})
      set_property(GLOBAL APPEND PROPERTY PLAZA_FUZZERS ${target})
    endforeach()
  endif()

  if(NOT PLAZA_SANITIZE)
    foreach(source ${benches})
      get_filename_component(target ${source} NAME_WE)
      add_executable(${target} ${source})
      target_link_libraries(${target} PRIVATE plaza_${name} ${ARG_PRIVATE_DEPS} plaza::dep::benchmark)
    endforeach()
  endif()
endfunction()
