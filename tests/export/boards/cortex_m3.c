/* A Cortex-M3 without a library: it speaks and ends by semihosting. */

#include SHOWN

extern char stack_top;
void start(void);

__attribute__((section(".vectors"), used)) static void *const vectors[2] = {&stack_top, start};

static void host(int operation, const void *argument)
{
    __asm__ volatile("mov r0, %0\n mov r1, %1\n bkpt 0xab" ::"r"(operation), "r"(argument)
                     : "r0", "r1", "memory");
}

static void say(const char *text)
{
    host(0x04, text); /* SYS_WRITE0 */
}

void start(void)
{
    show();
    host(0x18, (const void *)0x20026); /* SYS_EXIT, ADP_Stopped_ApplicationExit */
    for (;;) {
    }
}
