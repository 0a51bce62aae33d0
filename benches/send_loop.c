/* The least that fan-out can cost: accept N connections, then send the same bytes to each.
 *
 * send_loop N             prints the port; then for each line "ROUNDS SIZE GAP_MS" on standard
 *                         input prints "CPU_NANOSECONDS SENDS SHORT" of those rounds.
 * SHORT counts sends that the kernel did not take whole; with readers that read there are none.
 */
#define _GNU_SOURCE
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static long long cpu_ns(void) {
    struct timespec at;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &at);
    return at.tv_sec * 1000000000LL + at.tv_nsec;
}

int main(int argc, char **argv) {
    if (argc != 2) return 2;
    int count = atoi(argv[1]);
    struct rlimit files;
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);

    int listener = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in here = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size_of_here = sizeof here;
    if (bind(listener, (void *)&here, sizeof here) || listen(listener, 4096)) return 1;
    getsockname(listener, (void *)&here, &size_of_here);
    printf("%d\n", ntohs(here.sin_port));
    fflush(stdout);

    int *sockets = calloc(count, sizeof *sockets), one = 1;
    for (int i = 0; i < count; i++) {
        sockets[i] = accept(listener, NULL, NULL);
        if (sockets[i] < 0) return 1;
        setsockopt(sockets[i], IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    }

    int rounds, size, gap_ms;
    while (scanf("%d %d %d", &rounds, &size, &gap_ms) == 3) {
        char *bytes = malloc(size);
        memset(bytes, 'x', size);
        long long began = cpu_ns(), sends = 0, partial = 0;
        for (int round = 0; round < rounds; round++) {
            for (int i = 0; i < count; i++, sends++)
                if (send(sockets[i], bytes, size, MSG_DONTWAIT | MSG_NOSIGNAL) != size) partial++;
            usleep(gap_ms * 1000);
        }
        printf("%lld %lld %lld\n", cpu_ns() - began, sends, partial);
        fflush(stdout);
        free(bytes);
    }
    return 0;
}
