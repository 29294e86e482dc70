/* Inside src/json: eight bytes of text at a time. */
#ifndef JSON_SCAN_H
#define JSON_SCAN_H

#include <endian.h>
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

/* The n < 8 bytes at at, first byte lowest, zeros above. */
static inline uint64_t scan_load_few(const char *at, size_t n)
{
    const unsigned char *b = (const unsigned char *)at;
    if (n < 4) /* first, middle and last are all there are */
        return n ? (uint64_t)b[0] | (uint64_t)b[n / 2] << (n / 2 * 8) | (uint64_t)b[n - 1] << ((n - 1) * 8) : 0;
    uint32_t low, high; /* overlap unless n is 8 */
    memcpy(&low, at, 4);
    memcpy(&high, at + n - 4, 4);
    return (uint64_t)le32toh(low) | (uint64_t)le32toh(high) << ((n - 4) * 8);
}

/* The first byte at or after at that needs care, or end. With ascii_only,
 * bytes from 0x80 on need care too. */
static inline const char *scan_plain(const char *at, const char *end, bool ascii_only)
{
    uint64_t high = ascii_only ? SCAN_HIGH : 0, w, hits;
    for (; end - at >= 8; at += 8) {
        memcpy(&w, at, sizeof w);
        w = le64toh(w);
        hits = scan_special(w) | (w & high);
        if (hits)
            return at + __builtin_ctzll(hits) / 8;
    }
    /* The zero after the last byte is a control character: there is always a hit. */
    w = scan_load_few(at, (size_t)(end - at));
    hits = scan_special(w) | (w & high);
    return at + __builtin_ctzll(hits) / 8;
}

#endif
