/** Whoever can write, and often read, here has the host. Nothing in these folders is mounted, nor a folder that holds one of them. */
const forbiddenTrees = [
  ...['/proc', '/sys', '/dev', '/boot', '/etc', '/root/.ssh', '/run/systemd', '/run/dbus'],
  ...['/run/docker', '/run/containerd', '/run/podman', '/run/crio', '/run/buildkit'],
  ...[
    '/var/lib/docker',
    '/var/lib/containerd',
    '/var/lib/containers',
    '/var/lib/buildkit',
    '/var/lib/kubelet',
    '/var/lib/rancher',
  ],
]

/** Too much at once; a folder inside may well be meant. */
const forbiddenFolders = [
  '/',
  '/root',
  '/home',
  '/run',
  '/run/user',
  '/var',
  '/var/lib',
  '/usr',
  '/bin',
  '/sbin',
  '/lib',
  '/lib64',
]

const engineSocket = /^(?:docker|dockerd|docker-cli|containerd|podman|crio|buildkitd|balena-engine)\.sock$/

/**
 * Why a host path, absolute and normalised, must not be mounted into a container; undefined when nothing speaks against it.
 *
 * It only reads the path: an engine asks again with the path that its links lead to.
 */
export function dangerOf(path: string): string | undefined {
  const real = path.replace(/^\/var\/run(?=\/|$)/, '/run')
  if (engineSocket.test(real.slice(real.lastIndexOf('/') + 1)))
    return "a container engine's socket, which gives root on the host"
  if (forbiddenFolders.includes(real) || /^\/run\/user\/\d+$/.test(real))
    return 'one of the folders that hold the whole system'
  for (const tree of forbiddenTrees) {
    if (isWithin(real, tree)) return `in ${tree}, which controls the host`
    if (isWithin(tree, real)) return `a folder that holds ${tree}, which controls the host`
  }
  return undefined
}

/** True for the folder itself, and for what is in it. */
export function isWithin(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder === '/' ? '/' : `${folder}/`)
}
