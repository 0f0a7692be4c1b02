/* Files of another root directory. */
#ifndef JTRACE_OPEN_BELOW_H
#define JTRACE_OPEN_BELOW_H

/* For reading, as if `root` were the root directory: links and .. do not lead out of it (from Linux 5.6 on). Never
 * waits for a FIFO's writer. -1 and errno. */
int jt_open_below(const char *root, const char *path);

#endif
