# SPDX-License-Identifier: MIT
# lbx_options carries every compiler flag; no other file sets one. The options here choose how the
# code is built and checked, never what it does.

set(LBX_SANITIZE "" CACHE STRING "Sanitizers, as in -fsanitize=")
option(LBX_WERROR "Warnings are errors" OFF)
option(LBX_FUZZ "Build the libFuzzer targets (needs clang)" OFF)
option(LBX_UNIT_TESTS "Build the unit tests and fuzz corpora too" ON)
option(LBX_TIDY "Run clang-tidy with every compilation" OFF)

add_library(lbx_options INTERFACE)
target_compile_features(lbx_options INTERFACE cxx_std_20)
set(CMAKE_CXX_EXTENSIONS OFF)
target_compile_definitions(lbx_options INTERFACE _GNU_SOURCE)
target_compile_options(lbx_options INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wold-style-cast -Wnon-virtual-dtor
  -fstack-protector-strong -fno-plt $<$<CONFIG:RelWithDebInfo>:-D_FORTIFY_SOURCE=2>)
target_link_options(lbx_options INTERFACE -Wl,-z,relro,-z,now)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)

if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  # LBX_TRY is a statement expression; g++ honours __extension__ around it, clang needs this too.
  target_compile_options(lbx_options INTERFACE -Wno-gnu-statement-expression)
endif()
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  # g++ 12 is wrong about every std::optional<std::string> that it inlines.
  target_compile_options(lbx_options INTERFACE -Wno-maybe-uninitialized)
endif()
if(CMAKE_UNITY_BUILD AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # What a file keeps to itself looks to g++ as if a header had it.
  target_compile_options(lbx_options INTERFACE -Wno-subobject-linkage)
endif()
if(LBX_WERROR)
  target_compile_options(lbx_options INTERFACE -Werror)
endif()
if(LBX_SANITIZE)
  target_compile_options(lbx_options INTERFACE
    -fsanitize=${LBX_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_link_options(lbx_options INTERFACE -fsanitize=${LBX_SANITIZE})
endif()
if(LBX_FUZZ)
  target_compile_options(lbx_options INTERFACE -fsanitize=fuzzer-no-link)
endif()
if(LBX_TIDY)
  find_program(LBX_CLANG_TIDY clang-tidy REQUIRED)
  set(CMAKE_CXX_CLANG_TIDY ${LBX_CLANG_TIDY} --quiet)
  # Most of its time goes into the system's headers: sources of one folder share them.
  set(CMAKE_UNITY_BUILD ON)
  set(CMAKE_UNITY_BUILD_BATCH_SIZE 8)
endif()
