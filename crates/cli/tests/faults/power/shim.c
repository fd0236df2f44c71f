/* Writes down what processes do to the files below the directories of DISTRI_POWER_ROOT (with `:` between), in order, to
 * the file DISTRI_POWER_LOG: for a test that plays it again up to some instant and leaves out what was not flushed by then.
 * Loaded with LD_PRELOAD; does nothing else.
 *
 * A call and its line in the log are one step: no other process does anything to these files in between, or a flush might
 * be written down before a write that it did not have, and after.
 *
 * Not seen are writes through a mapping (SQLite's shared memory is the only one, and is made anew at every start) and
 * through the C library's streams (PostgreSQL writes caches and statistics so, and makes them anew as well). */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

enum { CREATE = 1, WRITE, TRUNCATE, SYNC, RENAME, UNLINK, LINK, SYNC_DIRECTORY };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int log_file = -1;

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

static int is_below(const char *path) {
  const char *root = getenv("DISTRI_POWER_ROOT");
  while (root && *root) {
    size_t length = strcspn(root, ":");
    if (length && strncmp(path, root, length) == 0 && (path[length] == '/' || path[length] == 0)) return 1;
    root += length + (root[length] == ':');
  }
  return 0;
}

/* Alone among the threads of this process, and among the processes that write to the log. The lock of a process that is
 * killed goes with it. */
static void enter(void) {
  int saved = errno;
  pthread_mutex_lock(&lock);
  if (log_file < 0) {
    const char *place = getenv("DISTRI_POWER_LOG");
    log_file = syscall(SYS_openat, AT_FDCWD, place, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
    if (log_file < 0) abort();
  }
  struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
  while (fcntl(log_file, F_SETLKW, &whole) != 0)
    if (errno != EINTR) abort();
  errno = saved;
}

static void leave(void) {
  int saved = errno;
  struct flock whole = {.l_type = F_UNLCK, .l_whence = SEEK_SET};
  if (fcntl(log_file, F_SETLK, &whole) != 0) abort();
  pthread_mutex_unlock(&lock);
  errno = saved;
}

/* One record in one write, so that processes do not mix theirs. */
static void note(int what, const char *path, const char *other, uint64_t offset, const void *bytes, uint64_t length) {
  uint32_t path_length = strlen(path), other_length = other ? strlen(other) : 0;
  uint64_t head[4] = {what, offset, bytes ? length : 0, ((uint64_t)path_length << 32) | other_length};
  struct iovec parts[4] = {{head, sizeof head},
                           {(void *)path, path_length},
                           {(void *)(other ? other : ""), other_length},
                           {(void *)(bytes ? bytes : ""), bytes ? length : 0}};
  uint64_t all = sizeof head + path_length + other_length + (bytes ? length : 0);
  if (syscall(SYS_writev, log_file, parts, 4) != (long)all) abort();
}

/* The absolute path of an open file below the root, or none. */
static const char *path_of(int file, char *buffer) {
  char link[64];
  snprintf(link, sizeof link, "/proc/self/fd/%d", file);
  ssize_t length = readlink(link, buffer, PATH_MAX - 1);
  if (length < 0) return NULL;
  buffer[length] = 0;
  return is_below(buffer) && !strstr(buffer, " (deleted)") ? buffer : NULL;
}

static const char *absolute(const char *path, char *buffer) {
  if (path[0] == '/') return is_below(path) ? path : NULL;
  char here[PATH_MAX / 2];
  if (!getcwd(here, sizeof here)) return NULL;
  snprintf(buffer, PATH_MAX, "%s/%s", here, path);
  return is_below(buffer) ? buffer : NULL;
}

/* Does a call whose file or path is below a root, and notes it when it has succeeded; others it leaves alone: they may
 * wait for somebody, as for the reader of a pipe. */
#define NOTED(type, is_ours, call, has_succeeded, notes) \
  do {                                                   \
    if (!(is_ours)) return (call);                       \
    enter();                                             \
    type result = (call);                                \
    int saved_errno = errno;                             \
    if (has_succeeded) notes;                            \
    leave();                                             \
    errno = saved_errno;                                 \
    return result;                                       \
  } while (0)

static int is_open_below(int file) {
  char buffer[PATH_MAX];
  int saved = errno;
  const char *path = path_of(file, buffer);
  errno = saved;
  return path != NULL;
}

static void wrote(int file, off_t offset, const void *bytes, ssize_t length) {
  char buffer[PATH_MAX];
  const char *path = length > 0 ? path_of(file, buffer) : NULL;
  if (path) note(WRITE, path, NULL, offset, bytes, length);
}

static void wrote_parts(int file, off_t at, const struct iovec *parts, int count, ssize_t left) {
  for (int i = 0; i < count && left > 0; i++) {
    ssize_t here = left < (ssize_t)parts[i].iov_len ? left : (ssize_t)parts[i].iov_len;
    wrote(file, at, parts[i].iov_base, here);
    at += here;
    left -= here;
  }
}

ssize_t write(int file, const void *bytes, size_t length) {
  NOTED(ssize_t, is_open_below(file), REAL(write)(file, bytes, length), result > 0,
        wrote(file, lseek(file, 0, SEEK_CUR) - result, bytes, result));
}

ssize_t writev(int file, const struct iovec *parts, int count) {
  NOTED(ssize_t, is_open_below(file), REAL(writev)(file, parts, count), result > 0,
        wrote_parts(file, lseek(file, 0, SEEK_CUR) - result, parts, count, result));
}

ssize_t pwrite(int file, const void *bytes, size_t length, off_t offset) {
  NOTED(ssize_t, is_open_below(file), REAL(pwrite)(file, bytes, length, offset), result > 0,
        wrote(file, offset, bytes, result));
}

ssize_t pwrite64(int file, const void *bytes, size_t length, off64_t offset) {
  NOTED(ssize_t, is_open_below(file), REAL(pwrite64)(file, bytes, length, offset), result > 0,
        wrote(file, offset, bytes, result));
}

ssize_t pwritev(int file, const struct iovec *parts, int count, off_t offset) {
  NOTED(ssize_t, is_open_below(file), REAL(pwritev)(file, parts, count, offset), result > 0,
        wrote_parts(file, offset, parts, count, result));
}

ssize_t pwritev64(int file, const struct iovec *parts, int count, off64_t offset) {
  NOTED(ssize_t, is_open_below(file), REAL(pwritev64)(file, parts, count, offset), result > 0,
        wrote_parts(file, offset, parts, count, result));
}

static void has_length(int file, off_t length) {
  char buffer[PATH_MAX];
  const char *path = path_of(file, buffer);
  if (path) note(TRUNCATE, path, NULL, length, NULL, 0);
}

int ftruncate(int file, off_t length) {
  NOTED(int, is_open_below(file), REAL(ftruncate)(file, length), result == 0, has_length(file, length));
}

int ftruncate64(int file, off64_t length) {
  NOTED(int, is_open_below(file), REAL(ftruncate64)(file, length), result == 0, has_length(file, length));
}

/* The room that it makes has zeros. */
static void has_room(int file) {
  struct stat facts;
  if (fstat(file, &facts) == 0) has_length(file, facts.st_size);
}

int posix_fallocate(int file, off_t offset, off_t length) {
  NOTED(int, is_open_below(file), REAL(posix_fallocate)(file, offset, length), result == 0, has_room(file));
}

int posix_fallocate64(int file, off64_t offset, off64_t length) {
  NOTED(int, is_open_below(file), REAL(posix_fallocate64)(file, offset, length), result == 0, has_room(file));
}

static void synced(int file) {
  char buffer[PATH_MAX];
  struct stat facts;
  const char *path = path_of(file, buffer);
  if (path && fstat(file, &facts) == 0) note(S_ISDIR(facts.st_mode) ? SYNC_DIRECTORY : SYNC, path, NULL, 0, NULL, 0);
}

int fsync(int file) { NOTED(int, is_open_below(file), REAL(fsync)(file), result == 0, synced(file)); }

int fdatasync(int file) { NOTED(int, is_open_below(file), REAL(fdatasync)(file), result == 0, synced(file)); }

/* Nothing here asks a file system for more at once, and it would have to be written down for every file. */
void sync(void) { abort(); }

int syncfs(int file) {
  (void)file;
  abort();
}

static int opened(const char *path, int flags, mode_t mode) {
  char buffer[PATH_MAX];
  int is_new = 0;
  const char *place = flags & (O_CREAT | O_TRUNC) ? absolute(path, buffer) : NULL;
  NOTED(int, place != NULL, ({
          is_new = place && faccessat(AT_FDCWD, place, F_OK, 0) != 0;
          syscall(SYS_openat, AT_FDCWD, path, flags | O_LARGEFILE, mode);
        }),
        result >= 0 && !(flags & O_DIRECTORY), {
          if (is_new) note(CREATE, place, NULL, 0, NULL, 0);
          if (!is_new && flags & O_TRUNC) note(TRUNCATE, place, NULL, 0, NULL, 0);
        });
}

#define MODE                                   \
  va_list rest;                                \
  va_start(rest, flags);                       \
  mode_t mode = flags & O_CREAT ? va_arg(rest, mode_t) : 0; \
  va_end(rest)

int open(const char *path, int flags, ...) { MODE; return opened(path, flags, mode); }

int open64(const char *path, int flags, ...) { MODE; return opened(path, flags, mode); }

int openat(int at, const char *path, int flags, ...) {
  MODE;
  if (at == AT_FDCWD || path[0] == '/') return opened(path, flags, mode);
  return syscall(SYS_openat, at, path, flags, mode);
}

int openat64(int at, const char *path, int flags, ...) {
  MODE;
  if (at == AT_FDCWD || path[0] == '/') return opened(path, flags, mode);
  return syscall(SYS_openat, at, path, flags, mode);
}

static int is_named_below(const char *path) {
  char buffer[PATH_MAX];
  return absolute(path, buffer) != NULL;
}

static void named(int what, const char *from, const char *to, off_t length) {
  char first[PATH_MAX], second[PATH_MAX];
  const char *a = absolute(from, first), *b = to ? absolute(to, second) : NULL;
  if (a && (b || !to)) note(what, a, b, length, NULL, 0);
}

int truncate(const char *path, off_t length) {
  NOTED(int, is_named_below(path), REAL(truncate)(path, length), result == 0, named(TRUNCATE, path, NULL, length));
}

int truncate64(const char *path, off64_t length) {
  NOTED(int, is_named_below(path), REAL(truncate64)(path, length), result == 0, named(TRUNCATE, path, NULL, length));
}

int rename(const char *from, const char *to) {
  NOTED(int, is_named_below(from), REAL(rename)(from, to), result == 0, named(RENAME, from, to, 0));
}

int unlink(const char *path) {
  NOTED(int, is_named_below(path), REAL(unlink)(path), result == 0, named(UNLINK, path, NULL, 0));
}

int link(const char *from, const char *to) {
  NOTED(int, is_named_below(from), REAL(link)(from, to), result == 0, named(LINK, from, to, 0));
}

int linkat(int a, const char *from, int b, const char *to, int flags) {
  NOTED(int, is_named_below(from), REAL(linkat)(a, from, b, to, flags), result == 0, named(LINK, from, to, 0));
}
