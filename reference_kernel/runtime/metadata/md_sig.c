/* A cursor over signature blobs, ECMA-335 II.23.2. */
#include "md_internal.h"

enum { MAX_NESTING = 64 };

/* Element types, II.23.1.16. */
enum {
    ET_VOID = 0x01, ET_STRING = 0x0E, ET_PTR = 0x0F, ET_BYREF = 0x10, ET_VALUETYPE = 0x11,
    ET_CLASS = 0x12, ET_VAR = 0x13, ET_ARRAY = 0x14, ET_GENERICINST = 0x15, ET_TYPEDBYREF = 0x16,
    ET_I = 0x18, ET_U = 0x19, ET_FNPTR = 0x1B, ET_OBJECT = 0x1C, ET_SZARRAY = 0x1D, ET_MVAR = 0x1E,
    ET_CMOD_REQD = 0x1F, ET_CMOD_OPT = 0x20, ET_SENTINEL = 0x41, ET_PINNED = 0x45,
};
enum { CALL_GENERIC = 0x10 };

struct md_sig md_sig_open(const struct md_image *md, struct md_blob blob)
{
    return (struct md_sig){md, blob.bytes, blob.size == 0 ? blob.bytes : blob.bytes + blob.size};
}

static void fail_at(const struct md_sig *sig, const char *what, struct md_error *error)
{
    const struct md_blob *heap = &sig->md->blobs;
    uintptr_t at = (uintptr_t)sig->at, base = (uintptr_t)heap->bytes;
    if (heap->size != 0 && at >= base && at - base <= heap->size) {
        md_fail(error, MD_NAME ": signature at #Blob offset 0x%x: %s", sig->md->name,
                (unsigned)(at - base), what);
    } else {
        md_fail(error, MD_NAME ": empty signature: %s", sig->md->name, what);
    }
}

uint8_t md_sig_peek(const struct md_sig *sig, struct md_error *error)
{
    if (sig->at == sig->end) {
        fail_at(sig, "it ends too early", error);
        return 0;
    }
    return *sig->at;
}

uint8_t md_sig_byte(struct md_sig *sig, struct md_error *error)
{
    uint8_t byte = md_sig_peek(sig, error);
    if (sig->at != sig->end) {
        sig->at++;
    }
    return byte;
}

/* Bytes used, 0 after an error. */
static unsigned compressed(struct md_sig *sig, uint32_t *value, struct md_error *error)
{
    *value = 0;
    unsigned used = sig->at == sig->end
                  ? 0 : md_compressed(sig->at, (size_t)(sig->end - sig->at), value);
    if (used == 0) {
        fail_at(sig, "malformed or cut-off compressed integer", error);
        sig->at = sig->end;     /* so that a caller's loop cannot go round on the spot */
        return 0;
    }
    sig->at += used;
    return used;
}

uint32_t md_sig_unsigned(struct md_sig *sig, struct md_error *error)
{
    uint32_t value;
    compressed(sig, &value, error);
    return value;
}

int32_t md_sig_signed(struct md_sig *sig, struct md_error *error)
{
    /* The sign sits in bit 0: 7, 14 or 29 bits of two's complement, rotated left by one. */
    uint32_t value;
    unsigned used = compressed(sig, &value, error);
    unsigned bits = used == 1 ? 7 : used == 2 ? 14 : 29;
    int32_t magnitude = (int32_t)(value >> 1);
    return value & 1 ? magnitude - (int32_t)(1u << (bits - 1)) : magnitude;
}

md_token md_sig_typedef_or_ref(struct md_sig *sig, struct md_error *error)
{
    struct md_sig start = *sig;
    uint32_t value;
    if (compressed(sig, &value, error) == 0) {
        return 0;
    }
    const struct md_coded_schema *coded = &md_coded_schemas[MD_CODED_TYPEDEFORREF];
    unsigned tag = value & 3;
    uint32_t row = value >> 2;
    if (tag >= coded->tag_count || row == 0 || row > sig->md->tables[coded->tables[tag]].rows) {
        fail_at(&start, "it names a TypeDef, TypeRef or TypeSpec row that does not exist", error);
        return 0;
    }
    return MD_TOKEN(coded->tables[tag], row);
}

static bool skip(struct md_sig *sig, unsigned depth, struct md_error *error);

static bool skip_many(struct md_sig *sig, uint32_t count, unsigned depth, struct md_error *error)
{
    for (uint32_t i = 0; i < count; i++) {
        if (!skip(sig, depth, error)) {
            return false;
        }
    }
    return true;
}

/* After ELEMENT_TYPE_ARRAY's element type: rank, sizes, lower bounds, II.23.2.13. */
static bool skip_array_shape(struct md_sig *sig, struct md_error *error)
{
    uint32_t value;
    if (compressed(sig, &value, error) == 0) {
        return false;
    }
    if (value == 0) {
        fail_at(sig, "array of rank 0", error);
        return false;
    }
    for (unsigned list = 0; list < 2; list++) {
        uint32_t count;
        if (compressed(sig, &count, error) == 0) {
            return false;
        }
        for (uint32_t i = 0; i < count; i++) {
            if (compressed(sig, &value, error) == 0) {
                return false;
            }
        }
    }
    return true;
}

/* After ELEMENT_TYPE_GENERICINST: CLASS or VALUETYPE, the type, its arguments. */
static bool skip_instance(struct md_sig *sig, unsigned depth, struct md_error *error)
{
    struct md_sig start = *sig;
    uint8_t kind = md_sig_byte(sig, error);
    if (kind != ET_CLASS && kind != ET_VALUETYPE) {
        fail_at(&start, "generic instance of neither a class nor a value type", error);
        return false;
    }
    uint32_t count;
    return md_sig_typedef_or_ref(sig, error) != 0 && compressed(sig, &count, error) != 0
        && skip_many(sig, count, depth, error);
}

/* After ELEMENT_TYPE_FNPTR: a MethodDefSig or MethodRefSig, II.23.2.1-2. */
static bool skip_method(struct md_sig *sig, unsigned depth, struct md_error *error)
{
    if (sig->at == sig->end) {
        fail_at(sig, "it ends too early", error);
        return false;
    }
    uint8_t convention = *sig->at++;
    uint32_t count;
    if ((convention & CALL_GENERIC) && compressed(sig, &count, error) == 0) {
        return false;
    }
    if (compressed(sig, &count, error) == 0 || !skip(sig, depth, error)) {
        return false;
    }
    for (uint32_t i = 0; i < count; i++) {
        if (sig->at != sig->end && *sig->at == ET_SENTINEL) {
            sig->at++;
        }
        if (!skip(sig, depth, error)) {
            return false;
        }
    }
    return true;
}

static bool skip(struct md_sig *sig, unsigned depth, struct md_error *error)
{
    for (; depth < MAX_NESTING; depth++) {
        if (sig->at == sig->end) {
            fail_at(sig, "it ends too early", error);
            return false;
        }
        struct md_sig start = *sig;
        uint32_t value;
        uint8_t type = *sig->at++;
        if ((type >= ET_VOID && type <= ET_STRING) || type == ET_TYPEDBYREF || type == ET_I
            || type == ET_U || type == ET_OBJECT) {
            return true;
        }
        switch (type) {
        case ET_CMOD_REQD: case ET_CMOD_OPT:
            if (md_sig_typedef_or_ref(sig, error) == 0) {
                return false;
            }
            continue;
        case ET_PTR: case ET_BYREF: case ET_SZARRAY: case ET_PINNED:
            continue;
        case ET_CLASS: case ET_VALUETYPE:
            return md_sig_typedef_or_ref(sig, error) != 0;
        case ET_VAR: case ET_MVAR:
            return compressed(sig, &value, error) != 0;
        case ET_ARRAY:
            return skip(sig, depth + 1, error) && skip_array_shape(sig, error);
        case ET_GENERICINST:
            return skip_instance(sig, depth + 1, error);
        case ET_FNPTR:
            return skip_method(sig, depth + 1, error);
        default:
            fail_at(&start, "unknown element type", error);
            return false;
        }
    }
    fail_at(sig, "types nested deeper than 64 levels", error);
    return false;
}

bool md_sig_skip_type(struct md_sig *sig, struct md_error *error)
{
    return skip(sig, 0, error);
}
