# cython: wraparound=False
"""The loops of the compiler that touch every scalar, one after the other.

The first walks over the arguments of a call. The others walk over a program, which holds its nodes
so that inputs come before what uses them, in that order, forwards or backwards. The file runs as
plain Python and compiles with Cython (`sweeps.pxd`); arrays are NumPy's, made by the callers, who
also say what the numbers mean (`ir.py`).
"""

from __future__ import annotations

from jangrad.compiler.program import codes
from jangrad.compiler.program.containers import check

try:
    import cython
except ImportError:
    from jangrad import nocython as cython

compiled = cython.compiled

if not cython.compiled:

    def _write_ids(objects, to):
        to[:] = [*map(id, objects)]

    def _address(array):
        if not array.flags.c_contiguous:
            raise ValueError("the array does not lie in one piece, row after row")
        return array.ctypes.data


# fmt: off
# Copies that compile to C's own integers.
LEAF, ADD, ADD_NUMBER, SUB, SUB_NUMBER, NUMBER_SUB = codes.LEAF, codes.ADD, codes.ADD_NUMBER, codes.SUB, codes.SUB_NUMBER, codes.NUMBER_SUB
MUL_NUMBER, LEFT, RIGHT, NUMBER = codes.MUL_NUMBER, codes.LEFT, codes.RIGHT, codes.NUMBER
UNARY, BOTH, NUMBER_RIGHT, NUMBER_LEFT = codes.UNARY, codes.BOTH, codes.NUMBER_RIGHT, codes.NUMBER_LEFT
MAXIMUM, STOP = codes.MAXIMUM, codes.STOP
CONST, STATIC, SUM, REDUCE_MAX, NEG = codes.CONST, codes.STATIC, codes.SUM, codes.REDUCE_MAX, codes.NEG
BATCH_SCATTER_ADD, NOTHING = codes.BATCH_SCATTER_ADD, codes.NOTHING
# fmt: on

_MIX_A = 0xBF58476D1CE4E5B9
_MIX_B = 0x94D049BB133111EB
_STEP = 0x9E3779B97F4A7C15
_ALL = 0xFFFFFFFFFFFFFFFF


def flatten(argument, numbers, shape, other, deepest):
    """Append the numbers of an argument in order, and to the shape in which lists they lie.

    What is neither a number nor a list is handed to `other`. Lists lie in each other `deepest`
    times at most.
    """
    # A number leaves no mark in the shape, so each list says how many numbers came before it.
    if not isinstance(argument, (list, tuple)):
        other(argument, numbers, shape)
        return
    if deepest == 0:
        raise RecursionError("lists that lie in each other too often, or one that holds itself")
    kind = type(argument)
    if kind is not list and kind is not tuple:
        check(argument)
    shape.append((kind, len(argument), len(numbers)))
    for item in argument:
        kind = type(item)
        if kind is float or kind is int:
            numbers.append(item)
        else:
            flatten(item, numbers, shape, other, deepest - 1)


def address(array):
    """Where the numbers of an array begin, which lies in one piece.

    `array.ctypes.data` takes ten times as long, as much as a hundred small steps.
    """
    return _address(array)


def write_ids(objects, to):
    """Write the `id` of each object of a list into the array, without a look at the objects."""
    _write_ids(objects, to)


def resolve(codes, lefts, rights, numbers, role, alias, uses, additive, shift):
    """Find which tape nodes are another one under a second name, and how often each is used.

    `additive` says of a node that its last use was as a term of a sum; `shift` of a maximum that
    no gradient passes it, for it is only compared on its way to a `shift`.
    """
    for n in range(len(codes)):
        r = role[codes[n]]
        left = lefts[n]
        right = rights[n]
        alias[n] = n
        if r == LEAF or r == NUMBER:
            continue
        left = alias[left]
        if r == LEFT or (r == MUL_NUMBER and numbers[n] == 1.0):
            alias[n] = left
            uses[left] += uses[n]
            continue
        if right >= 0:
            right = alias[right]
            if r == RIGHT:
                alias[n] = right
                uses[right] += uses[n]
                continue
            uses[right] += 1
            additive[right] = r == ADD
        uses[left] += 1
        additive[left] = r == ADD or r == ADD_NUMBER or r == SUB or r == SUB_NUMBER
    for n in range(len(codes) - 1, -1, -1):
        if alias[n] != n:
            continue
        r = role[codes[n]]
        if r == STOP or shift[n]:
            left = alias[lefts[n]]
            if role[codes[left]] == MAXIMUM and uses[left] == 1:
                shift[left] = 1
            if r != STOP:
                right = alias[rights[n]]
                if role[codes[right]] == MAXIMUM and uses[right] == 1:
                    shift[right] = 1


def lower(
    codes, lefts, rights, numbers, role, alias, uses, additive, shift,
    leaf_op, leaf_slot, opcode, static, stack, node, op, value, slot, ptr, child,
):  # fmt: skip
    """Write the tape as IR: subtractions as sums, and chains of sums as one sum.

    `node` gets the IR node of each tape node, -1 for a term that is inlined into a larger sum.
    Returns how many nodes there are.
    """
    count = 0
    edges = 0
    for n in range(len(codes)):
        r = role[codes[n]]
        if alias[n] != n:
            node[n] = node[alias[n]]
            continue
        if r == LEAF:
            op[count] = leaf_op[n]
            value[count] = numbers[n]
            slot[count] = leaf_slot[n]
        elif r == NUMBER:
            op[count] = CONST
            value[count] = numbers[n]
        elif r <= NUMBER_SUB:
            if r == SUB or r == NUMBER_SUB:  # a - b is a + (-b); the stack remembers -b's node
                op[count] = NEG
                child[edges] = node[alias[rights[n] if r == SUB else lefts[n]]]
                edges += 1
                node[n] = count
                count += 1
                ptr[count] = edges
            if uses[n] == 1 and additive[n]:
                continue
            # Constants become leaves first, for a sum's edges must lie together.
            top = 1
            stack[0] = n
            terms = 0
            limit = len(stack)
            while top > 0:
                top -= 1
                m = stack[top]
                if m < 0:
                    terms += 1
                    stack[limit - terms] = -m - 1
                    continue
                q = role[codes[m]]
                if q == ADD or q == SUB:
                    t = alias[rights[m]]
                    if q == SUB:
                        stack[top] = -node[m] - 1
                    else:
                        inlines = uses[t] == 1 and additive[t] and is_sum(role[codes[t]])
                        stack[top] = t if inlines else -node[t] - 1
                    top += 1
                else:
                    number = -numbers[m] if q == SUB_NUMBER else numbers[m]
                    if q == NUMBER_SUB:
                        stack[top] = -node[m] - 1
                        top += 1
                    if number != 0.0:
                        op[count] = CONST
                        value[count] = number
                        stack[top] = -count - 1
                        top += 1
                        count += 1
                        ptr[count] = edges
                    if q == NUMBER_SUB:
                        continue
                t = alias[lefts[m]]
                inlines = uses[t] == 1 and additive[t] and is_sum(role[codes[t]])
                stack[top] = t if inlines else -node[t] - 1
                top += 1
            op[count] = SUM
            for k in range(terms):
                child[edges] = stack[limit - 1 - k]
                edges += 1
        elif shift[n]:
            continue
        elif r == STOP:  # the largest of all that is compared below
            top = 1
            stack[0] = alias[lefts[n]]
            while top > 0:
                top -= 1
                m = stack[top]
                if shift[m]:
                    stack[top] = alias[rights[m]]
                    stack[top + 1] = alias[lefts[m]]
                    top += 2
                else:
                    child[edges] = node[m]
                    edges += 1
            op[count] = REDUCE_MAX
        else:
            if r == NUMBER_RIGHT or r == NUMBER_LEFT or r == MUL_NUMBER:
                op[count] = STATIC if static[codes[n]] else CONST
                value[count] = numbers[n]
                count += 1
                ptr[count] = edges
            op[count] = opcode[codes[n]]
            if r == NUMBER_LEFT:
                child[edges] = count - 1
                edges += 1
            child[edges] = node[alias[lefts[n]]]
            edges += 1
            if r == BOTH or r == MAXIMUM:
                child[edges] = node[alias[rights[n]]]
                edges += 1
            elif r == NUMBER_RIGHT or r == MUL_NUMBER:
                child[edges] = count - 1
                edges += 1
        node[n] = count
        count += 1
        ptr[count] = edges
    return count


def is_sum(r):
    return ADD <= r <= NUMBER_SUB


def spread(ptr, child, marks):
    """Mark each node one of whose inputs is marked."""
    for n in range(len(ptr) - 1):
        for e in range(ptr[n], ptr[n + 1]):
            if marks[child[e]]:
                marks[n] = 1


def reach(ptr, child, marks):
    """Mark each node that a marked one uses."""
    for n in range(len(ptr) - 2, -1, -1):
        if marks[n]:
            for e in range(ptr[n], ptr[n + 1]):
                marks[child[e]] = 1


def find_needed(op, ptr, child, plan, needed):
    """Mark each node from which a gradient reaches a marked leaf."""
    for n in range(len(ptr) - 1):
        for e in range(ptr[n], ptr[n + 1]):
            if (
                needed[child[e]]
                and plan[op[n], e - ptr[n] if op[n] > BATCH_SCATTER_ADD else 0] != NOTHING
            ):
                needed[n] = 1


def hash_nodes(own, ptr, child, salted, ragged, seen, hashes, level):
    """A number for each node that equal computations share; `level` is its height above leaves.

    `salted` nodes keep the order of their inputs; a `ragged` one counts equal inputs as one.
    """
    for n in range(len(ptr) - 1):
        h = own[n]
        top = 0
        distinct = 0
        for e in range(ptr[n], ptr[n + 1]):
            c = child[e]
            if level[c] + 1 > top:
                top = level[c] + 1
            x = hashes[c]
            if ragged[n]:
                known = 0
                for k in range(distinct):
                    if seen[k] == x:
                        known = 1
                        break
                if known:
                    continue
                if distinct < len(seen):
                    seen[distinct] = x
                    distinct += 1
            if salted[n]:
                x = (x + _STEP * (e - ptr[n] + 1)) & _ALL
            x = ((x ^ (x >> 30)) * _MIX_A) & _ALL
            x = ((x ^ (x >> 27)) * _MIX_B) & _ALL
            h = (h + (x ^ (x >> 31))) & _ALL
        h = ((h ^ (h >> 29)) * _MIX_A) & _ALL
        hashes[n] = h ^ (h >> 32)
        level[n] = top


def number_alike(hashes, table, of, first):
    """Number the different hashes by the first node that has each; returns how many there are.

    `of` gets the number of each node's, `first` the node. `table` is where they are looked up: a 0
    at every place, a power of two of them, at least twice as many as nodes.
    """
    mask = len(table) - 1
    count = 0
    for n in range(len(hashes)):
        h = hashes[n]
        k = h & mask
        while table[k] > 0 and hashes[first[table[k] - 1]] != h:
            k = (k + 1) & mask
        if table[k] == 0:
            first[count] = n
            count += 1
            table[k] = count
        of[n] = table[k] - 1
    return count


def group_by_class(order, of, starts, filled, by_class, place):
    """Put the nodes of each class together, in this order, from where the class starts.

    `place` gets the place of each node in its class; `filled` counts them, from 0.
    """
    for k in range(len(order)):
        n = order[k]
        c = of[n]
        place[n] = filled[c]
        by_class[starts[c] + filled[c]] = n
        filled[c] += 1


def wavefronts(order, ptr, child, irregular, of, of_class, wavefront, depth):
    """When each node is computed, where loop nests and irregular nodes take turns.

    In a wavefront the irregular nodes come last, so that what reads one is of a later wavefront unless it is
    irregular itself; `depth` then says how many of its wavefront lie below it. All other nodes of a class
    are of one wavefront, `of_class`. `order` has the nodes by their level.
    """
    for k in range(len(order)):
        n = order[k]
        s = 0
        d = 0
        for e in range(ptr[n], ptr[n + 1]):
            c = child[e]
            if not irregular[c]:
                t = of_class[of[c]]
                below = 0
            elif irregular[n]:
                t = wavefront[c]
                below = depth[c] + 1
            else:
                t = wavefront[c] + 1
                below = 0
            if t > s:
                s = t
                d = below
            elif t == s and below > d:
                d = below
        wavefront[n] = s
        depth[n] = d
        if not irregular[n] and s > of_class[of[n]]:
            of_class[of[n]] = s
