/* The JIT alone: hand-assembled IL, run on the host. One line per failure; status 1 when there
 * is one. Built with ASAN and UBSAN by test_jit.py, which also looks at the code with capstone
 * (`--dump`). */
#include "check.h"

int failures, checks;

int main(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], "--dump") == 0) {
        dump_methods(argc > 2 ? (unsigned)atoi(argv[2]) : 20);
        return 0;
    }
    unsigned rounds = argc > 1 ? (unsigned)atoi(argv[1]) : 20000;
    arithmetic();
    floats();
    conversions();
    structs();
    calls();
    objects();
    flow();
    large_frames();
    faults();
    malformed();
    fields_of_values();
    pinned_locals();
    srand(1);
    random_garbage(rounds);
    for (unsigned i = 0; i < rounds / 500; i++)
        random_method(rand() % 2 ? 0 : (uint32_t)rand());
    toy_reset();
    printf("%d checks, %d failures\n", checks, failures);
    return failures != 0;
}
