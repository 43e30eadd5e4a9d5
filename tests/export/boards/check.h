/* The self-test alone. */

#include "net.h"
#include "say.h"

static void show(void)
{
    say("wrong ");
    say_number(net_self_test());
    say("\n");
}
