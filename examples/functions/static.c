/* A function that is one static binary, in an image that holds nothing else: answers every call with its body in upper case.
   It reads bodies that state their length, which is all that `cookietin invoke` and `serve` send it here; a full server reads chunks, too. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

/* Reads one request of up to a few kilobytes; gives the length of its body, or -1 at the end of the connection. */
static int read_request(int fd, char *body, int room) {
  static char head[16384];
  int size = 0;
  char *end = NULL;
  while (end == NULL) {
    ssize_t got = read(fd, head + size, sizeof head - 1 - size);
    if (got <= 0) return -1;
    size += got;
    head[size] = 0;
    end = strstr(head, "\r\n\r\n");
  }
  char *field = strcasestr(head, "content-length:");
  int length = field == NULL ? 0 : atoi(field + 15);
  if (length > room) return -1;
  int have = size - (int)(end + 4 - head);
  memcpy(body, end + 4, have);
  while (have < length) {
    ssize_t got = read(fd, body + have, length - have);
    if (got <= 0) return -1;
    have += got;
  }
  return length;
}

int main(void) {
  static char body[8192], answer[8192 + 128];
  const char *listener = getenv("FN_LISTENER");
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  strncpy(address.sun_path, listener + strlen("unix:"), sizeof address.sun_path - 1);
  int server = socket(AF_UNIX, SOCK_STREAM, 0);
  if (bind(server, (struct sockaddr *)&address, sizeof address) != 0 || listen(server, 8) != 0) return 1;
  chmod(address.sun_path, 0666);
  for (;;) {
    int fd = accept(server, NULL, NULL);
    for (int length; (length = read_request(fd, body, sizeof body)) >= 0;) {
      int size = sprintf(answer, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n", length);
      for (int at = 0; at < length; at++) answer[size++] = toupper((unsigned char)body[at]);
      if (write(fd, answer, size) != size) break;
    }
    close(fd);
  }
}
