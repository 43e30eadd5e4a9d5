/* Memory for Values: nodes in 64 KiB slabs, freed without recursion.

   Locality decides the speed of a backward pass. A free list hands nodes out in the order in which
   they died, and after some training steps neighbours in a graph lie far apart. Here a slab is
   filled from its first free place to its last, and is filled again when three quarters of it are
   free, so nodes that are made one after the other lie one after the other.

   Everything runs under the interpreter's lock. */

#ifndef JANGRAD_NODES_H
#define JANGRAD_NODES_H

#include <Python.h>
#include <stdint.h>
#include <stdlib.h>
#ifdef _WIN32
#include <malloc.h>
#endif

/* The same fields as the class `Value` in engine.pxd; nodes_install checks the sizes. */
typedef struct Node {
    PyObject_HEAD
    double data, grad, aux;
    struct Node *left, *right; /* None, or an input */
    struct Node *link;         /* None, or the next on the stack of a sweep */
    uint64_t stamp;
    uint32_t uses;
    uint16_t code, flags;
} Node;

enum { SLAB_BYTES = 1 << 16, SLAB_HEADER = 64, HAS_NOTE_FLAG = 2 };
enum { SLAB_NODES = (SLAB_BYTES - SLAB_HEADER) / sizeof(Node) };
/* Empty slabs beyond so many are given back to the system: 64 MiB are kept for the next graph. */
enum { KEPT_EMPTY = 1024 };

typedef struct Slab {
    struct Slab *next; /* in the queue of slabs to fill */
    uint32_t live;     /* nodes in use */
    uint32_t cursor;   /* places before it have been looked at in this filling */
    int queued;
} Slab;

static struct {
    Slab *current, *first, *last; /* the slab being filled, and the queue behind it */
    size_t slabs, empty;
    Node *dead; /* nodes whose inputs are still to be let go */
    int freeing;
    PyTypeObject *type;
    PyObject *notes; /* id -> note, for nodes with HAS_NOTE_FLAG */
} nodes;

static inline Slab *slab_of(void *node) {
    return (Slab *)((uintptr_t)node & ~(uintptr_t)(SLAB_BYTES - 1));
}

static inline Node *slab_node(Slab *slab, uint32_t i) {
    return (Node *)((char *)slab + SLAB_HEADER) + i;
}

static Slab *slab_new(void) {
#ifdef _WIN32
    Slab *slab = (Slab *)_aligned_malloc(SLAB_BYTES, SLAB_BYTES);
#else
    void *place = NULL;
    Slab *slab = posix_memalign(&place, SLAB_BYTES, SLAB_BYTES) ? NULL : (Slab *)place;
#endif
    if (slab == NULL) return NULL;
    slab->next = NULL;
    slab->live = slab->cursor = 0;
    slab->queued = 0;
    /* A place is free when its node has no type. */
    for (uint32_t i = 0; i < SLAB_NODES; i++) Py_SET_TYPE((PyObject *)slab_node(slab, i), NULL);
    nodes.slabs++;
    return slab;
}

static void slab_delete(Slab *slab) {
    nodes.slabs--;
#ifdef _WIN32
    _aligned_free(slab);
#else
    free(slab);
#endif
}

/* Queue a slab to be filled again once three quarters of it are free. */
static void slab_offer(Slab *slab) {
    if (!slab->queued && slab->live <= SLAB_NODES / 4) {
        slab->queued = 1;
        slab->next = NULL;
        if (nodes.last != NULL) nodes.last->next = slab;
        else nodes.first = slab;
        nodes.last = slab;
    }
    if (slab->live == 0) nodes.empty++;
}

/* The next slab to fill: the one waiting longest, else a new one. */
static int slab_turn(void) {
    Slab *slab, *full = nodes.current;
    nodes.current = NULL;
    if (full != NULL) slab_offer(full);
    slab = nodes.first;
    if (slab != NULL) {
        nodes.first = slab->next;
        if (nodes.first == NULL) nodes.last = NULL;
        slab->queued = 0;
        slab->cursor = 0;
        if (slab->live == 0) nodes.empty--;
    } else if ((slab = slab_new()) == NULL) {
        return 0; /* the caller raises MemoryError */
    }
    nodes.current = slab;
    return 1;
}

static Node *node_place(void) {
    for (;;) {
        Slab *slab = nodes.current;
        if (slab != NULL) {
            while (slab->cursor < SLAB_NODES) {
                Node *node = slab_node(slab, slab->cursor++);
                if (Py_TYPE((PyObject *)node) == NULL) {
                    slab->live++;
                    return node;
                }
            }
        }
        if (!slab_turn()) return NULL;
    }
}

static void node_release(Node *node) {
    Slab *slab = slab_of(node);
    Py_SET_TYPE((PyObject *)node, NULL);
    slab->live--;
    if (slab != nodes.current) slab_offer(slab);
}

/* Give empty slabs at the head of the queue back, while there are too many. */
static void nodes_trim(void) {
    while (nodes.empty > KEPT_EMPTY && nodes.first != NULL && nodes.first->live == 0) {
        Slab *slab = nodes.first;
        nodes.first = slab->next;
        if (nodes.first == NULL) nodes.last = NULL;
        nodes.empty--;
        slab_delete(slab);
    }
}

static PyObject *node_alloc(PyTypeObject *type, Py_ssize_t count) {
    Node *node = node_place();
    (void)count;
    if (node == NULL) return PyErr_NoMemory();
    memset((char *)node + sizeof(PyObject), 0, sizeof(Node) - sizeof(PyObject));
    (void)PyObject_Init((PyObject *)node, type);
    return (PyObject *)node;
}

/* A node with everything in it; steals nothing. Inputs are Values or None. */
static inline PyObject *node_make(int code, double data, PyObject *left, PyObject *right,
                                  double aux, uint64_t stamp) {
    Node *node = node_place();
    if (node == NULL) return PyErr_NoMemory();
    (void)PyObject_Init((PyObject *)node, nodes.type);
    node->data = data;
    node->grad = 0.0;
    node->aux = aux;
    Py_INCREF(left);
    node->left = (Node *)left;
    Py_INCREF(right);
    node->right = (Node *)right;
    Py_INCREF(Py_None);
    node->link = (Node *)Py_None;
    node->stamp = stamp;
    node->uses = 0;
    node->code = (uint16_t)code;
    node->flags = 0;
    return (PyObject *)node;
}

/* A graph dies from its root; each node that goes lets its inputs go. A list in the place of the
   recursion that this would be: the nodes themselves are linked. */
static void node_dealloc(PyObject *object) {
    Node *node = (Node *)object;
    Py_XDECREF((PyObject *)node->link);
    node->link = nodes.dead;
    nodes.dead = node;
    if (nodes.freeing) return;
    nodes.freeing = 1;
    while (nodes.dead != NULL) {
        Node *dead = nodes.dead;
        PyObject *left = (PyObject *)dead->left, *right = (PyObject *)dead->right;
        nodes.dead = dead->link;
        if (dead->flags & HAS_NOTE_FLAG && nodes.notes != NULL) {
            PyObject *type, *value, *trace, *key;
            PyErr_Fetch(&type, &value, &trace);
            key = PyLong_FromVoidPtr(dead);
            if (key == NULL || PyDict_DelItem(nodes.notes, key) < 0) PyErr_Clear();
            Py_XDECREF(key);
            PyErr_Restore(type, value, trace);
        }
        node_release(dead);
        Py_XDECREF(left);
        Py_XDECREF(right);
    }
    nodes.freeing = 0;
    nodes_trim();
}

/* Put this memory under the class, and a method that Cython's classes cannot have into it.
   1; 0 when the class has other fields than Node; -1 with an exception set. */
static int nodes_install(PyObject *type, PyObject *notes, PyObject *init_subclass) {
    PyTypeObject *value = (PyTypeObject *)type;
    if (value->tp_basicsize != (Py_ssize_t)sizeof(Node) || PyType_IS_GC(value)) return 0;
    value->tp_alloc = node_alloc;
    value->tp_dealloc = node_dealloc;
    nodes.type = value;
    Py_INCREF(notes);
    nodes.notes = notes;
    if (PyDict_SetItemString(value->tp_dict, "__init_subclass__", init_subclass) < 0) return -1;
    PyType_Modified(value);
    return 1;
}

#endif
