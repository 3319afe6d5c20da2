/** The attacks of test/fixtures/security/probes.c that succeed under the hardened profile. SECURITY.md says why each is harmless. */
export const openWhenHardened: readonly string[] = ['write to /tmp', 'bind a low port']

/** Those that succeed under the default profile: the container is a folder and a network of its own, which its user may use. */
export const openByDefault: readonly string[] = [
  'write to the root',
  'write to /etc/passwd',
  'write to /tmp',
  'run a file in /tmp',
  'write to /dev or /dev/shm',
  'bind a low port',
  'use a network',
  'start 128 processes more',
  'open more than 1024 files',
  'write 80 MiB to a disk',
  'make 20,000 files',
]
