/* memcpy and its family, which gcc calls even in freestanding code. Sixteen bytes at a time: under
 * TCG `rep movs` costs a whole block dispatch for each element. */
#include "nucleus.h"

typedef long long chunk __attribute__((vector_size(16), aligned(1), may_alias));

void *memcpy(void *restrict to, const void *restrict from, size_t size)
{
    uint8_t *d = to;
    const uint8_t *s = from;
    for (; size >= 64; size -= 64, d += 64, s += 64) {
        chunk a = ((const chunk *)s)[0], b = ((const chunk *)s)[1];
        chunk c = ((const chunk *)s)[2], e = ((const chunk *)s)[3];
        ((chunk *)d)[0] = a;
        ((chunk *)d)[1] = b;
        ((chunk *)d)[2] = c;
        ((chunk *)d)[3] = e;
    }
    for (; size >= 16; size -= 16, d += 16, s += 16)
        *(chunk *)d = *(const chunk *)s;
    while (size--)
        *d++ = *s++;
    return to;
}

void *memmove(void *to, const void *from, size_t size)
{
    uint8_t *d = to;
    const uint8_t *s = from;
    if ((uintptr_t)d - (uintptr_t)s >= size)
        return memcpy(to, from, size);      /* forward copying is safe although they may touch */
    while (size >= 16) {
        size -= 16;
        *(chunk *)(d + size) = *(const chunk *)(s + size);
    }
    while (size--)
        d[size] = s[size];
    return to;
}

void *memset(void *to, int value, size_t size)
{
    uint8_t *d = to;
    long long word = (long long)(0x0101010101010101ull * (uint8_t)value);
    chunk fill = {word, word};
    for (; size >= 64; size -= 64, d += 64) {
        ((chunk *)d)[0] = fill;
        ((chunk *)d)[1] = fill;
        ((chunk *)d)[2] = fill;
        ((chunk *)d)[3] = fill;
    }
    for (; size >= 16; size -= 16, d += 16)
        *(chunk *)d = fill;
    while (size--)
        *d++ = (uint8_t)value;
    return to;
}

int memcmp(const void *left, const void *right, size_t size)
{
    const uint8_t *a = left, *b = right;
    for (size_t i = 0; i < size; i++)
        if (a[i] != b[i])
            return a[i] - b[i];
    return 0;
}

size_t strlen(const char *text)
{
    size_t n = 0;
    while (text[n])
        n++;
    return n;
}

int strcmp(const char *left, const char *right)
{
    while (*left && *left == *right) {
        left++;
        right++;
    }
    return (uint8_t)*left - (uint8_t)*right;
}

int strncmp(const char *left, const char *right, size_t size)
{
    for (; size; size--, left++, right++)
        if (*left != *right || !*left)
            return (uint8_t)*left - (uint8_t)*right;
    return 0;
}
