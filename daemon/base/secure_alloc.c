/* SPDX-License-Identifier: MIT */
/* Small blocks come in sizes of powers of two and are kept for the next of their size; large ones
 * are mappings of their own. */
#include "daemon/base/secure_alloc.h"

#include <pthread.h>
#include <stdalign.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "daemon/base/mem.h"

#define SIZE_MIN_SHIFT 5U  /* 32 bytes, the head included */
#define SIZE_MAX_SHIFT 17U /* 128 KiB; above it, mappings */
#define CHUNK_SIZE ((size_t)512 * 1024)

/* Stands before each block. */
typedef struct BlockHead {
    alignas(16) size_t size; /* asked for */
    size_t mapped;           /* of a mapping; else the block's power of two */
} BlockHead;

typedef struct FreeBlock {
    struct FreeBlock *next;
} FreeBlock;

/* libcurl resolves names in a thread. */
static pthread_mutex_t pool_lock = PTHREAD_MUTEX_INITIALIZER;
static FreeBlock *pool_idle[SIZE_MAX_SHIFT + 1];
static char *pool_chunk;
static size_t pool_chunk_left;
static char *pool_reserve; /* mapped, and not touched before it is needed */

#if defined(__SANITIZE_ADDRESS__)
#define POOL_IS_WATCHED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define POOL_IS_WATCHED 1
#endif
#endif

#ifdef POOL_IS_WATCHED
/* The sanitizer watches only what comes from the heap. Not from malloc(3): the test that lets each
 * of our allocations fail is to fail those of the libraries that are served here no more than
 * mmap(2) does. */
static void *secure_alloc_map(size_t size)
{
    void *memory = aligned_alloc(alignof(max_align_t), size);

    return memory ? memset(memory, 0, size) : NULL;
}

static void secure_alloc_unmap(BlockHead *head, size_t size)
{
    explicit_bzero(head, size);
    free(head);
}

static bool secure_alloc_is_large(size_t need)
{
    (void)need;
    return true;
}
#else
static void *secure_alloc_map(size_t size)
{
    void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (memory == MAP_FAILED)
        return NULL;
    if (madvise(memory, size, MADV_DONTDUMP) < 0) {
        munmap(memory, size);
        return NULL;
    }
    return memory;
}

/* The kernel hands the pages out wiped. */
static void secure_alloc_unmap(BlockHead *head, size_t size)
{
    munmap(head, size);
}

static bool secure_alloc_is_large(size_t need)
{
    return need > (size_t)1 << SIZE_MAX_SHIFT;
}
#endif

static unsigned int secure_alloc_shift(size_t need)
{
    unsigned int shift = SIZE_MIN_SHIFT;

    while ((size_t)1 << shift < need)
        shift++;
    return shift;
}

static BlockHead *secure_alloc_take_large(size_t need)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    size_t mapped = need + page - 1 - (need - 1) % page;
    BlockHead *head = secure_alloc_map(mapped);

    if (head)
        head->mapped = mapped;
    return head;
}

/* From the reserve where the system has no more. */
static bool secure_alloc_take_chunk(void)
{
    char *chunk = secure_alloc_map(CHUNK_SIZE);

    if (!chunk)
        chunk = TAKE_PTR(pool_reserve);
    else if (!pool_reserve)
        pool_reserve = secure_alloc_map(CHUNK_SIZE);
    if (!chunk)
        return false;
    pool_chunk = chunk;
    pool_chunk_left = CHUNK_SIZE;
    return true;
}

/* The allocator gives up the rest of a chunk for the next one: its pages were never touched. */
static BlockHead *secure_alloc_take_small(unsigned int shift)
{
    size_t size = (size_t)1 << shift;
    FreeBlock *idle = pool_idle[shift];
    BlockHead *head;

    if (idle) {
        pool_idle[shift] = idle->next;
        head = (BlockHead *)idle;
    } else {
        if (pool_chunk_left < size && !secure_alloc_take_chunk())
            return NULL;
        pool_chunk_left -= size;
        head = (BlockHead *)(pool_chunk + pool_chunk_left);
    }
    head->mapped = shift;
    return head;
}

void *secure_alloc_alloc(size_t size)
{
    BlockHead *head;
    size_t need;

    if (size > SIZE_MAX / 2)
        return NULL;
    need = size + sizeof(*head);
    if (secure_alloc_is_large(need)) {
        head = secure_alloc_take_large(need);
    } else {
        pthread_mutex_lock(&pool_lock);
        head = secure_alloc_take_small(secure_alloc_shift(need));
        pthread_mutex_unlock(&pool_lock);
    }
    if (!head)
        return NULL;
    head->size = size;
    return head + 1;
}

void *secure_alloc_calloc(size_t count, size_t size)
{
    size_t whole;
    void *memory;

    if (__builtin_mul_overflow(count, size, &whole))
        return NULL;
    memory = secure_alloc_alloc(whole);
    if (memory)
        memset(memory, 0, whole);
    return memory;
}

static size_t secure_alloc_room(const BlockHead *head)
{
    size_t whole = head->mapped > SIZE_MAX_SHIFT ? head->mapped : (size_t)1 << head->mapped;

    return whole - sizeof(*head);
}

void *secure_alloc_realloc(void *memory, size_t size)
{
    BlockHead *head;
    void *grown;

    if (!memory)
        return secure_alloc_alloc(size);
    head = (BlockHead *)memory - 1;
    if (size <= secure_alloc_room(head)) {
        if (size < head->size)
            explicit_bzero((char *)memory + size, head->size - size);
        head->size = size;
        return memory;
    }
    grown = secure_alloc_alloc(size);
    if (!grown)
        return NULL;
    memcpy(grown, memory, head->size);
    secure_alloc_free(memory);
    return grown;
}

char *secure_alloc_copy(const char *text)
{
    size_t size = strlen(text) + 1;
    char *copy = secure_alloc_alloc(size);

    return copy ? memcpy(copy, text, size) : NULL;
}

void secure_alloc_free(void *memory)
{
    BlockHead *head;
    FreeBlock *idle;
    size_t shift;

    if (!memory)
        return;
    head = (BlockHead *)memory - 1;
    if (head->mapped > SIZE_MAX_SHIFT) {
        secure_alloc_unmap(head, head->mapped);
        return;
    }
    shift = head->mapped;
    explicit_bzero(head, sizeof(*head) + head->size);
    idle = (FreeBlock *)head;
    pthread_mutex_lock(&pool_lock);
    idle->next = pool_idle[shift];
    pool_idle[shift] = idle;
    pthread_mutex_unlock(&pool_lock);
}
