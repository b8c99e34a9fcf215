# Every third-party library the product links, by the name the modules use. docs/dependencies.md says why each is here.
find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
find_package(fmt REQUIRED)
find_package(spdlog REQUIRED)
find_package(OpenSSL REQUIRED)
find_package(ZLIB REQUIRED)
find_package(absl REQUIRED)
find_package(Protobuf REQUIRED)
find_package(GTest REQUIRED)
find_package(benchmark QUIET)
pkg_check_modules(LIBXML2 REQUIRED IMPORTED_TARGET libxml-2.0)
pkg_check_modules(ARGON2 REQUIRED IMPORTED_TARGET libargon2)
pkg_check_modules(NGHTTP2 REQUIRED IMPORTED_TARGET libnghttp2)
pkg_check_modules(ICU REQUIRED IMPORTED_TARGET icu-i18n icu-uc)

# Intel's IEEE 754 decimal library ships no pkg-config file. 000: arguments by value, global rounding mode and flags.
find_library(BID_LIBRARY NAMES libbidgcc000.a REQUIRED)
find_path(BID_INCLUDE_DIR bid_functions.h REQUIRED)
add_library(baton_bid INTERFACE)
target_link_libraries(baton_bid INTERFACE ${BID_LIBRARY})
target_include_directories(baton_bid SYSTEM INTERFACE ${BID_INCLUDE_DIR})
target_compile_definitions(baton_bid INTERFACE DECIMAL_CALL_BY_REFERENCE=0 DECIMAL_GLOBAL_ROUNDING=0 DECIMAL_GLOBAL_EXCEPTION_FLAGS=0)

# Boost 1.81 (Asio, Beast) is header-only here.
find_path(BOOST_INCLUDE_DIR boost/asio.hpp REQUIRED)
add_library(baton_boost INTERFACE)
target_include_directories(baton_boost SYSTEM INTERFACE ${BOOST_INCLUDE_DIR})
target_compile_definitions(baton_boost INTERFACE BOOST_ASIO_NO_DEPRECATED BOOST_ASIO_SEPARATE_COMPILATION)
