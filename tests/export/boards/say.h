/* Texts and numbers by what a board says them with. */

static void say(const char *text);

static void say_number(long number)
{
    char text[12], *at = text + 11;
    const int negative = number < 0;
    unsigned long rest = negative ? 0UL - (unsigned long)number : (unsigned long)number;
    *at = 0;
    do {
        *--at = (char)('0' + (int)(rest % 10));
        rest /= 10;
    } while (rest);
    if (negative) {
        *--at = '-';
    }
    say(at);
}
