/*
 * The first process of a container that waits for its task.
 *
 * It writes one byte when it is ready, reads one frame from standard input, and writes one byte when it has taken the
 * frame. Then it starts the task in a child process, passes signals on to it, and adopts what the task leaves behind.
 * When the task has ended by itself, it ends every other process, and writes a marker with the exit code at the end of
 * standard output and of standard error. The marker begins with a token that only the frame named.
 *
 * It writes no marker for an end that the engine must judge: by a signal, with exit code 137, when memory ran out, or
 * when a process is left that it may not end.
 *
 * The frame, with numbers in little-endian order:
 *   magic (4 bytes), size of the rest (4), token (16), flags (4), number of arguments (4), number of variables (4),
 *   then texts, each with a NUL at its end: the working directory (empty: as it is), the arguments, the variables.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { READY = 'r', TAKEN = 't', REFUSED = 'x', EXITED = 'e' };
enum { HAS_INPUT = 1, HAS_MEMORY_LIMIT = 2 };
enum { TOKEN = 16, HEADER = 8, FIXED = TOKEN + 12, MARKER = TOKEN + 2 + 8 + 8, MAX_FRAME = 64 * 1024 * 1024 };
enum { OOM_KILLED = 137 };

struct frame {
  unsigned char token[TOKEN];
  uint32_t flags;
  char *directory;
  char **arguments;
  char **variables;
};

extern char **environ;

static uint32_t number(const unsigned char *bytes) {
  return bytes[0] | bytes[1] << 8 | bytes[2] << 16 | (uint32_t)bytes[3] << 24;
}

static void put(unsigned char *bytes, uint64_t value) {
  for (int at = 0; at < 8; at++) bytes[at] = value >> (8 * at);
}

static int read_all(void *buffer, size_t size) {
  for (size_t done = 0; done < size;) {
    ssize_t count = read(0, (char *)buffer + done, size - done);
    if (count == 0 || (count < 0 && errno != EINTR)) return 0;
    if (count > 0) done += count;
  }
  return 1;
}

static void write_all(int file, const void *bytes, size_t size) {
  for (size_t done = 0; done < size;) {
    ssize_t count = write(file, (const char *)bytes + done, size - done);
    if (count < 0 && errno != EINTR) return;
    if (count > 0) done += count;
  }
}

static void say(unsigned char byte) {
  write_all(1, &byte, 1);
}

/* Takes `count` texts from `*text`, which ends at `end`. */
static char **texts(char **text, const char *end, uint32_t count) {
  if (count > (size_t)(end - *text)) return NULL;
  char **list = malloc((count + 1) * sizeof *list);
  if (list == NULL) return NULL;
  for (uint32_t at = 0; at < count; at++) {
    char *nul = memchr(*text, 0, end - *text);
    if (nul == NULL) return NULL;
    list[at] = *text;
    *text = nul + 1;
  }
  list[count] = NULL;
  return list;
}

/* Returns 0 when the input ends before it, or it is not a frame. It reads not one byte more. */
static int read_frame(struct frame *frame) {
  unsigned char header[HEADER];
  if (!read_all(header, sizeof header) || memcmp(header, "CKT1", 4) != 0) return 0;
  size_t size = number(header + 4);
  if (size < FIXED || size > MAX_FRAME) return 0;
  unsigned char *body = malloc(size);
  if (body == NULL || !read_all(body, size)) return 0;
  memcpy(frame->token, body, TOKEN);
  memset(body, 0, TOKEN);
  frame->flags = number(body + TOKEN);
  char *text = (char *)body + FIXED;
  const char *end = (char *)body + size;
  char **directory = texts(&text, end, 1);
  frame->arguments = texts(&text, end, number(body + TOKEN + 4));
  frame->variables = texts(&text, end, number(body + TOKEN + 8));
  if (directory == NULL || frame->arguments == NULL || frame->variables == NULL) return 0;
  frame->directory = directory[0];
  return frame->arguments[0] != NULL;
}

static size_t name_length(const char *variable) {
  return strcspn(variable, "=");
}

static char *find(char **list, const char *name, size_t length) {
  for (; *list != NULL; list++)
    if (name_length(*list) == length && strncmp(*list, name, length) == 0) return *list;
  return NULL;
}

static int is_named(const char *variable, const char *name) {
  return name_length(variable) == strlen(name) && strncmp(variable, name, strlen(name)) == 0;
}

/*
 * The variables of the container and those of the task, in the order in which an engine has them: its own first, then
 * the task's, then the image's, then HOME.
 */
static char **merge(char **own, char **task) {
  size_t count = 1;
  for (char **at = own; *at != NULL; at++) count++;
  for (char **at = task; *at != NULL; at++) count++;
  char **merged = malloc(count * sizeof *merged);
  if (merged == NULL) return NULL;
  char **to = merged;
  for (; *own != NULL && (is_named(*own, "PATH") || is_named(*own, "HOSTNAME")); own++) {
    char *other = find(task, *own, name_length(*own));
    *to++ = other == NULL ? *own : other;
  }
  *to = NULL;
  for (char **at = task; *at != NULL; at++) {
    if (find(merged, *at, name_length(*at)) != NULL) continue;
    *to++ = *at;
    *to = NULL;
  }
  for (; *own != NULL; own++)
    if (find(task, *own, name_length(*own)) == NULL) *to++ = *own;
  *to = NULL;
  return merged;
}

/* Why the command could not be executed, as one line on standard error. */
static void complain(const char *command, const char *reason) {
  char line[8192] = "[FATAL launch (2)] exec ";
  strncat(line, command, sizeof line - strlen(line) - 256);
  strcat(line, " failed: ");
  strncat(line, reason, 200);
  strcat(line, "\n");
  write_all(2, line, strlen(line));
}

/* A file without an interpreter's name is a script of the shell. */
static void execute_script(char **arguments) {
  size_t count = 0;
  while (arguments[count] != NULL) count++;
  char **command = malloc((count + 2) * sizeof *command);
  if (command == NULL) return;
  command[0] = "/bin/sh";
  memcpy(command + 1, arguments, (count + 1) * sizeof *command);
  execve(command[0], command, environ);
}

static _Noreturn void execute(struct frame *frame, const sigset_t *signals) {
  setpgid(0, 0);
  sigprocmask(SIG_SETMASK, signals, NULL);
  environ = frame->variables;
  execvp(frame->arguments[0], frame->arguments);
  if (errno == ENOEXEC) {
    execute_script(frame->arguments);
    errno = ENOEXEC;
  }
  int code = errno == ENOENT ? 127 : errno == EACCES ? 126 : 1;
  complain(frame->arguments[0], strerror(errno));
  _exit(code);
}

/* Opens the file of the control group in version 1, else that of version 2. */
static int open_group(const char *first, const char *second) {
  int file = open(first, O_RDONLY | O_CLOEXEC);
  return file >= 0 ? file : open(second, O_RDONLY | O_CLOEXEC);
}

/* Reads a number of a control group: the first one, or the one after `name`. -1: there is none. */
static int64_t read_group(int file, const char *name) {
  char text[4096];
  ssize_t size = file < 0 ? -1 : pread(file, text, sizeof text - 1, 0);
  if (size <= 0) return -1;
  text[size] = 0;
  char *at = name == NULL ? text : strstr(text, name);
  if (at == NULL) return -1;
  if (name != NULL) at += strlen(name);
  if (*at < '0' || *at > '9') return -1;
  return strtoll(at, NULL, 10);
}

/* Passes signals on until the task has ended. Returns its status, as wait has it. */
static int wait_for(pid_t task, const sigset_t *all) {
  for (;;) {
    int status;
    for (pid_t ended; (ended = waitpid(-1, &status, WNOHANG)) > 0;)
      if (ended == task) return status;
    int signal = sigwaitinfo(all, NULL);
    if (signal > 0 && signal != SIGCHLD) kill(task, signal);
  }
}

/* Ends what the task left behind. Returns 0 when a process is left that does not end, or may not be ended. */
static int end_others(void) {
  /* In a namespace of the host, the others are not the task's. */
  if (getpid() != 1) return 0;
  sigset_t child;
  sigemptyset(&child);
  sigaddset(&child, SIGCHLD);
  for (int attempt = 0; attempt < 100; attempt++) {
    kill(-1, SIGKILL);
    pid_t ended;
    while ((ended = waitpid(-1, NULL, WNOHANG)) > 0) {
    }
    if (ended < 0 && errno == ECHILD) return 1;
    const struct timespec pause = {.tv_nsec = 10 * 1000 * 1000};
    sigtimedwait(&child, NULL, &pause);
  }
  return 0;
}

static uint64_t microseconds(const struct timeval *time) {
  return (uint64_t)time->tv_sec * 1000000 + time->tv_usec;
}

static void mark(const struct frame *frame, int code, int64_t peak) {
  struct rusage used = {0};
  getrusage(RUSAGE_CHILDREN, &used);
  unsigned char marker[MARKER];
  memcpy(marker, frame->token, TOKEN);
  marker[TOKEN] = EXITED;
  marker[TOKEN + 1] = code;
  put(marker + TOKEN + 2, microseconds(&used.ru_utime) + microseconds(&used.ru_stime));
  put(marker + TOKEN + 10, peak < 0 ? 0 : peak);
  write_all(1, marker, sizeof marker);
  write_all(2, marker, sizeof marker);
}

int main(void) {
  struct frame frame = {0};
  sigset_t all, before;
  /* No other process may read the token in its memory. */
  prctl(PR_SET_DUMPABLE, 0);
  sigfillset(&all);
  /* Those of faults of its own. */
  for (const int *at = (const int[]){SIGFPE, SIGILL, SIGSEGV, SIGBUS, SIGABRT, SIGTRAP, SIGSYS, 0}; *at != 0; at++)
    sigdelset(&all, *at);
  sigprocmask(SIG_SETMASK, &all, &before);
  say(READY);
  if (!read_frame(&frame)) return 0;
  frame.variables = merge(environ, frame.variables);
  if (frame.variables == NULL || (frame.directory[0] != 0 && chdir(frame.directory) != 0)) {
    say(REFUSED);
    return 0;
  }
  int oom = open_group("/sys/fs/cgroup/memory/memory.oom_control", "/sys/fs/cgroup/memory.events");
  int peak = open_group("/sys/fs/cgroup/memory/memory.max_usage_in_bytes", "/sys/fs/cgroup/memory.peak");
  int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);
  if (!(frame.flags & HAS_INPUT)) dup2(nothing, 0);
  say(TAKEN);
  pid_t task = fork();
  if (task == 0) execute(&frame, &before);
  if (task < 0) {
    complain(frame.arguments[0], strerror(errno));
    return 1;
  }
  /* Without this, nobody would see that the task has closed its input. */
  dup2(nothing, 0);
  int status = wait_for(task, &all);
  int is_empty = end_others();
  if (WIFSIGNALED(status)) return 128 + WTERMSIG(status);
  int code = WEXITSTATUS(status);
  int64_t kills = read_group(oom, "oom_kill ");
  int may_have_run_out = kills > 0 || (kills < 0 && (frame.flags & HAS_MEMORY_LIMIT));
  if (is_empty && code != OOM_KILLED && !may_have_run_out) mark(&frame, code, read_group(peak, NULL));
  return code;
}
