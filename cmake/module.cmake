# baton_module(NAME [DEPS target...] [FOLDERS subfolder...] [PCH header] [TEST_PCH header])
#   library baton_NAME from src/NAME/*.cc and the named subfolders; test program NAME_test from src/NAME/tests/*.cc.
#   PCH, TEST_PCH: a header of src/ that most files include, compiled once.
function(baton_module NAME)
  cmake_parse_arguments(ARG "" "PCH;TEST_PCH" "DEPS;FOLDERS;TEST_DEPS" ${ARGN})
  set(dir ${CMAKE_SOURCE_DIR}/src/${NAME})
  file(GLOB sources CONFIGURE_DEPENDS ${dir}/*.cc)
  foreach(folder ${ARG_FOLDERS})
    file(GLOB more CONFIGURE_DEPENDS ${dir}/${folder}/*.cc)
    list(APPEND sources ${more})
  endforeach()
  string(REPLACE "/" "_" target ${NAME})
  add_library(baton_${target} STATIC ${sources})
  target_include_directories(baton_${target} PUBLIC ${CMAKE_SOURCE_DIR}/src)
  target_link_libraries(baton_${target} PUBLIC ${ARG_DEPS})
  baton_pch(baton_${target} ${ARG_PCH})

  file(GLOB tests CONFIGURE_DEPENDS ${dir}/tests/*.cc)
  if(tests)
    add_executable(${target}_test ${tests})
    target_link_libraries(${target}_test PRIVATE baton_${target} ${ARG_TEST_DEPS} GTest::gmock GTest::gtest_main)
    # A third less to compile, for tests that take hardly longer.
    target_compile_options(${target}_test PRIVATE $<$<CONFIG:RelWithDebInfo>:-O1>)
    baton_pch(${target}_test ${ARG_TEST_PCH})
    include(GoogleTest)
    gtest_discover_tests(${target}_test TEST_PREFIX ${target}. DISCOVERY_MODE PRE_TEST PROPERTIES TIMEOUT 300)
  endif()
endfunction()

# Compiles a header of src/ once for all files of a target.
function(baton_pch target)
  if(NOT ARGN)
    return()
  endif()
  target_precompile_headers(${target} PRIVATE ${CMAKE_SOURCE_DIR}/src/${ARGN})
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    target_compile_options(${target} PRIVATE -fpch-preprocess)  # for ccache
  endif()
endfunction()
