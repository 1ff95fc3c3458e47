# SPDX-License-Identifier: MIT
# A folder of src/ is one static library; its unit tests are in the same place below tests/unit/.

add_custom_target(unit_tests)  # all of them, and what runs the fuzz corpora, without the programs

function(lbx_add_library name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;TESTS;LINK")
  add_library(${name} STATIC ${arg_SOURCES})
  target_include_directories(${name} PUBLIC ${PROJECT_SOURCE_DIR}/src)
  target_link_libraries(${name} PUBLIC ${arg_LINK} PRIVATE lbx_options)
  if(BUILD_TESTING AND LBX_UNIT_TESTS AND NOT LBX_FUZZ AND arg_TESTS)
    find_package(GTest REQUIRED)
    file(RELATIVE_PATH here ${PROJECT_SOURCE_DIR}/src ${CMAKE_CURRENT_SOURCE_DIR})
    list(TRANSFORM arg_TESTS PREPEND ${PROJECT_SOURCE_DIR}/tests/unit/${here}/)
    add_executable(${name}_test ${arg_TESTS})
    target_include_directories(${name}_test PRIVATE ${PROJECT_SOURCE_DIR}/tests)
    target_link_libraries(${name}_test PRIVATE ${name} lbx_options GTest::gmock GTest::gtest_main
      Boost::filesystem)
    # Not where the preset makes unity builds: each test may name its helpers as it likes.
    set_target_properties(${name}_test PROPERTIES UNITY_BUILD OFF)
    add_dependencies(unit_tests ${name}_test)
    include(GoogleTest)
    gtest_discover_tests(${name}_test PROPERTIES LABELS unit DISCOVERY_TIMEOUT 60)
  endif()
endfunction()

# A program, and its pages. The qmail names go where `letterbox setup` will link them from. LIGHT: a
# process per message. libstdc++ and small libraries are then linked in, which spares each start some
# thirty system calls and several milliseconds, and what is not used is left out, which spares a third
# of the relocations; not for programs that use other C++ libraries.
# STATIC: LIGHT, and libc too: no loader runs, which spares a fifth of the CPU time of a delivery. Not
# for programs that ask name services (getpwnam and the like): those are loaded by a loader.
function(lbx_add_program name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "QMAIL;LIGHT;STATIC" "" "SOURCES;LINK;MAN")
  if(LBX_SANITIZE OR CMAKE_UNITY_BUILD)  # in unity builds nothing can be left out
    set(arg_LIGHT FALSE)
    set(arg_STATIC FALSE)
  elseif(arg_STATIC)
    set(arg_LIGHT TRUE)
  endif()
  add_executable(${name} ${arg_SOURCES})
  target_link_libraries(${name} PRIVATE ${arg_LINK} lbx_options)
  set_target_properties(${name} PROPERTIES LBX_LIGHT "${arg_LIGHT}")
  if(arg_STATIC)
    target_link_options(${name} PRIVATE -static-pie -Wl,--gc-sections)
  elseif(arg_LIGHT)
    target_link_options(${name} PRIVATE -static-libstdc++ -static-libgcc -Wl,--gc-sections)
  endif()
  if(arg_QMAIL)
    install(TARGETS ${name} RUNTIME DESTINATION ${CMAKE_INSTALL_LIBDIR}/letterbox/qmail)
  else()
    install(TARGETS ${name} RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
  endif()
  foreach(page IN LISTS arg_MAN)
    string(REGEX REPLACE ".*\\." "man" section ${page})
    install(FILES ${PROJECT_SOURCE_DIR}/man/${page}
            DESTINATION ${CMAKE_INSTALL_MANDIR}/${section})
  endforeach()
endfunction()
