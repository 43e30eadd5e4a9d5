/* An ATmega328P that speaks through its serial port; it sleeps for ever in the end. */

#include <avr/interrupt.h>
#include <avr/io.h>
#include <avr/sleep.h>

#include SHOWN

static void say(const char *text)
{
    while (*text) {
        while (!(UCSR0A & (1 << UDRE0))) {
        }
        UDR0 = (unsigned char)*text++;
    }
}

int main(void)
{
    UCSR0B = 1 << TXEN0;
    show();
    cli();
    sleep_mode();
    return 0;
}
