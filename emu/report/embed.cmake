# SPDX-License-Identifier: MIT
#
# cmake -DNAME=NAME -DFILES=A;B -DOUT=FILE -P embed.cmake
#
# The bytes of the files, one after the other, as the array NAME in C.
set(bytes "")
foreach(file IN LISTS FILES)
    file(READ ${file} hex HEX)
    string(APPEND bytes ${hex})
endforeach()
string(REGEX REPLACE "(................................)" "\\1\n" bytes
       "${bytes}")
string(REGEX REPLACE "([0-9a-f][0-9a-f])" "'\\\\x\\1'," bytes "${bytes}")
file(WRITE ${OUT}
     "#include \"page.h\"\n"
     "const char ${NAME}[] = {\n${bytes}\n};\n"
     "const size_t ${NAME}_size = sizeof(${NAME});\n")
