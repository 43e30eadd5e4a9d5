"""Where threads wait for each other, as LLVM's text.

A count of arrivals, which only grows, says how many have come. A thread looks at it again and again
for a while, since the others come soon if they have a core each. Then it sleeps until the last one
wakes it; at once, if another one was last seen on this core. So threads that have to take turns do.

The count is followed by the number of sleepers, and behind eight words by the core of each thread.

The team of a thread is a table of words: the number of the thread, how many arrivals it has waited
for, how often it looks before it sleeps, the place of the barrier's count of arrivals, and
then of each thread where its table of buffers and its arena are.
"""

from __future__ import annotations

#: Words of a team before those of each thread.
WORDS = 4
#: What tells a processor that it is only waiting.
_RELAX = {
    "x86_64": ("llvm.x86.sse2.pause", ""),
    "aarch64": ("llvm.aarch64.hint", "i32 1"),
    "arm64": ("llvm.aarch64.hint", "i32 1"),
}
#: The number of Linux's call that sleeps while 32 bits in memory stay as they are, `futex`.
_FUTEX = {"x86_64": 202, "aarch64": 98}
#: Its operations, on memory of one process.
_SLEEP, _WAKE = 128, 129
#: So many looks before a thread asks which core the others are on.
_FEW = 64


def barrier(threads: int, triple: str) -> str:
    """`wait(team)`: comes back when all threads have called it.

    Args:
        threads: how many there are.
        triple: what LLVM calls the machine. Where its system has no sleep that we know, a thread
            lets others run between its looks.
    """
    machine = triple.partition("-")[0]
    declared, relax = "", ""
    if machine in _RELAX:
        name, hint = _RELAX[machine]
        declared = f"declare void @{name}({hint.split(' ')[0]})\n"
        relax = f"  call void @{name}({hint})\n"
    if "linux" in triple and machine in _FUTEX:
        declared += (
            "@nap = internal constant [2 x i64] [i64 0, i64 50000000]\n"  # seconds, and 1e-9
        )
        declared += "declare i64 @syscall(i64, ...)\ndeclare i32 @sched_getcpu()"
        arrive, share = _cores(threads)
        doze, wake = _futex(_FUTEX[machine])
    else:
        let_run = "SwitchToThread" if "windows" in triple else "sched_yield"
        declared += f"declare i32 @{let_run}()"
        arrive, share = "", "  %shared = or i1 false, false\n"
        doze, wake = f"  %let.run = call i32 @{let_run}()\n", ""
    return f"""{declared}
define internal void @wait(ptr %team) #0 {{
entry:
  %seen.at = getelementptr i64, ptr %team, i64 1
  %seen = load i64, ptr %seen.at
  %due = add i64 %seen, {threads}
  store i64 %due, ptr %seen.at
  %looks.at = getelementptr i64, ptr %team, i64 2
  %looks = load i64, ptr %looks.at
  %count.at = getelementptr i64, ptr %team, i64 3
  %count = load ptr, ptr %count.at
  %sleepers = getelementptr i64, ptr %count, i64 1
{arrive}  %never = icmp eq i64 %looks, 0
  %few = select i1 %never, i64 0, i64 {_FEW}
  %before = atomicrmw add ptr %count, i64 1 seq_cst
  %come = add i64 %before, 1
  %last = icmp eq i64 %come, %due
  br i1 %last, label %wake, label %look
look:
  %left = phi i64 [%few, %entry], [%fewer, %relax], [%looks, %ask], [0, %dozed]
  %asked = phi i1 [%never, %entry], [%asked, %relax], [true, %ask], [true, %dozed]
  %now = load atomic i64, ptr %count seq_cst, align 8
  %all = icmp uge i64 %now, %due
  br i1 %all, label %done, label %not.yet
not.yet:
  %patient = icmp ne i64 %left, 0
  br i1 %patient, label %relax, label %tired
relax:
{relax}  %fewer = sub i64 %left, 1
  br label %look
tired:
  br i1 %asked, label %doze, label %ask
ask:
{share}  br i1 %shared, label %doze, label %look
doze:
{doze}  br label %dozed
dozed:
  br label %look
wake:
{wake}  br label %done
done:
  ret void
}}"""


def _cores(threads: int) -> tuple[str, str]:
    """How a thread notes its core, and how it finds out whether another one noted the same."""
    arrive = """\
  %thread = load i64, ptr %team
  %core.now = call i32 @sched_getcpu()
  %core = zext i32 %core.now to i64
  %cores = getelementptr i64, ptr %count, i64 8
  %core.at = getelementptr i64, ptr %cores, i64 %thread
  store atomic i64 %core, ptr %core.at monotonic, align 8
"""
    lines, found = [], "0"
    for k in range(threads):
        lines += [
            f"  %at.{k} = getelementptr i64, ptr %cores, i64 {k}",
            f"  %core.{k} = load atomic i64, ptr %at.{k} monotonic, align 8",
            f"  %same.{k} = icmp eq i64 %core.{k}, %core",
            f"  %one.{k} = zext i1 %same.{k} to i64",
            f"  %here.{k} = add i64 {found}, %one.{k}",
        ]
        found = f"%here.{k}"
    lines.append(f"  %shared = icmp ugt i64 {found}, 1")
    return arrive, "\n".join(lines) + "\n"


def _futex(call: int) -> tuple[str, str]:
    """How a thread sleeps, and how the last one wakes those that do.

    Either the last thread sees that one is going to sleep, or that one sees the last arrival, at
    the latest when the system compares the count. The nap ends by itself, for nobody calls threads
    that a failure has let go.
    """
    doze = f"""\
  %asleep = atomicrmw add ptr %sleepers, i64 1 seq_cst
  %still = load atomic i64, ptr %count seq_cst, align 8
  %there = icmp uge i64 %still, %due
  br i1 %there, label %up, label %sleep
sleep:
  %slept = call i64 (i64, ...) @syscall(i64 {call}, ptr %count, i64 {_SLEEP}, i64 %still, ptr @nap,
    ptr null, i64 0)
  br label %up
up:
  %awake = atomicrmw sub ptr %sleepers, i64 1 seq_cst
"""
    wake = f"""\
  %sleeping = load atomic i64, ptr %sleepers seq_cst, align 8
  %some = icmp ne i64 %sleeping, 0
  br i1 %some, label %call, label %done
call:
  %woken = call i64 (i64, ...) @syscall(i64 {call}, ptr %count, i64 {_WAKE}, i64 2147483647,
    ptr null, ptr null, i64 0)
"""
    return doze, wake
