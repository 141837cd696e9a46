/* 16550 UARTs, polled: the transmit FIFO takes 16 bytes at a time, so the line status is read once
 * for 16 bytes and not for each. */
#include "nucleus.h"
#include "x86.h"

enum {
    DATA = 0,
    INTERRUPT_ENABLE = 1,
    FIFO_CONTROL = 2,
    LINE_CONTROL = 3,
    MODEM_CONTROL = 4,
    LINE_STATUS = 5,
};
#define LINE_STATUS_TRANSMIT_EMPTY 0x20
#define FIFO_SIZE 16

/* A reader that stalls for ever must not stall the fatal path with it. */
#define PATIENCE 20000000u

void serial_init(uint16_t port)
{
    outb(port + INTERRUPT_ENABLE, 0);
    outb(port + LINE_CONTROL, 0x80);        /* divisor access */
    outb(port + DATA, 1);                   /* 115200 */
    outb(port + INTERRUPT_ENABLE, 0);
    outb(port + LINE_CONTROL, 0x03);        /* 8 bits, no parity, 1 stop */
    outb(port + FIFO_CONTROL, 0x07);        /* FIFOs on and empty */
    outb(port + MODEM_CONTROL, 0x03);
}

void serial_write(uint16_t port, const char *text, size_t size)
{
    while (size) {
        for (uint32_t tries = 0; !(inb(port + LINE_STATUS) & LINE_STATUS_TRANSMIT_EMPTY); tries++)
            if (tries == PATIENCE)
                return;
        size_t n = size < FIFO_SIZE ? size : FIFO_SIZE;
        outsb(port + DATA, text, n);
        text += n;
        size -= n;
    }
}
