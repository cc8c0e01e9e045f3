#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Questions about raw text that are asked for every record. Pointers are borrowed until return; NULL only with count 0. */

/* How many bytes from the start on are ASCII. */
size_t text_ascii_prefix(const uint8_t *bytes, size_t count);

/* Whether the bytes are well-formed UTF-8: no overlong form, no surrogate, nothing above U+10FFFF. */
bool text_is_utf8(const uint8_t *bytes, size_t count);
