/* Inside src/json: eight bytes of text at a time. */
#ifndef JSON_SCAN_H
#define JSON_SCAN_H

#include <stdint.h>
#include <string.h>

#define SCAN_ONES 0x0101010101010101ULL
#define SCAN_HIGH (SCAN_ONES * 0x80)

/* The high bit of the first byte of w that a JSON string cannot hold plainly
 * (quote, backslash, control character). Bits above the first may be wrong:
 * the subtraction borrows upwards only. */
static inline uint64_t scan_special(uint64_t w)
{
    uint64_t quote = w ^ (SCAN_ONES * '"');
    uint64_t backslash = w ^ (SCAN_ONES * '\\');
    uint64_t hits = ((quote - SCAN_ONES) & ~quote) | ((backslash - SCAN_ONES) & ~backslash) |
                    ((w - SCAN_ONES * 0x20) & ~w);
    return hits & SCAN_HIGH;
}

/* The first byte at or after at that needs care, or end. With ascii_only,
 * bytes from 0x80 on need care too. */
static inline const char *scan_plain(const char *at, const char *end, bool ascii_only)
{
    uint64_t high = ascii_only ? SCAN_HIGH : 0;
    for (; end - at >= 8; at += 8) {
        uint64_t w;
        memcpy(&w, at, sizeof w);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
        w = __builtin_bswap64(w);
#endif
        uint64_t hits = scan_special(w) | (w & high);
        if (hits)
            return at + __builtin_ctzll(hits) / 8;
    }
    for (; at < end; at++) {
        unsigned char c = (unsigned char)*at;
        if (c < 0x20 || c == '"' || c == '\\' || (ascii_only && c >= 0x80))
            break;
    }
    return at;
}

#endif
