/** A container that can write here controls the host; one that can read here often finds its secrets. All that is inside counts, too. */
const systemTrees = [
  ...['/bin', '/boot', '/dev', '/etc', '/lib', '/lib32', '/lib64', '/libx32', '/proc', '/sbin', '/sys', '/usr'],
  ...['buildkit', 'containerd', 'crio', 'dbus', 'docker', 'lock', 'podman', 'systemd', 'udev'].map(
    name => `/run/${name}`,
  ),
  ...['/var/backups', '/var/cache', '/var/cron', '/var/log', '/var/mail', '/var/spool'],
  ...[
    ...['AccountsService', 'NetworkManager', 'apt', 'buildkit', 'cloud', 'cni', 'containerd', 'containers', 'crio'],
    ...['dbus', 'docker', 'dpkg', 'etcd', 'flatpak', 'kubelet', 'libvirt', 'lxc', 'lxd', 'machines', 'pacman', 'pam'],
    ...['polkit-1', 'portables', 'private', 'rancher', 'rpm', 'snapd', 'sudo', 'systemd', 'dhcp'],
  ].map(name => `/var/lib/${name}`),
]

/** Folders that hold the data of all users or of all programs. A folder inside may be mounted. */
const sharedFolders = [
  '/',
  '/home',
  '/run',
  '/run/user',
  '/root',
  '/tmp',
  '/var',
  '/var/lib',
  '/var/tmp',
  '/Users',
  '/private',
  '/private/var',
]

/** Files in system folders that programs read, and that hold nothing secret. They may be mounted read-only. */
const harmlessReadOnly = [
  ...[
    '/etc/localtime',
    '/etc/timezone',
    '/etc/mime.types',
    '/etc/ssl/certs',
    '/etc/pki/tls/certs',
    '/etc/pki/ca-trust',
  ],
  ...[
    '/etc/ca-certificates',
    '/usr/share/zoneinfo',
    '/usr/share/ca-certificates',
    '/usr/share/fonts',
    '/usr/share/locale',
  ],
]

/** Folders in a home that programs fill and nothing runs from. All else that begins with a dot configures the user's programs. */
const harmlessInHome = ['.cache', '.npm']

const engineSocket = /^(?:docker|dockerd|docker-cli|containerd|podman|crio|buildkitd|balena-engine)\.sock$/

/**
 * Returns why a host path must not be mounted into a container, or undefined when it may. The path is absolute and normalised.
 *
 * Only the text of the path is read. An engine asks again with the path that its links lead to.
 */
export function dangerOf(path: string, { readOnly = false }: { readonly readOnly?: boolean } = {}): string | undefined {
  const real = path.replace(/^\/var\/run(?=\/|$)/, '/run').replace(/^\/var\/lock(?=\/|$)/, '/run/lock')
  if (engineSocket.test(real.slice(real.lastIndexOf('/') + 1)))
    return "a container engine's socket, which gives root on the host"
  if (readOnly && harmlessReadOnly.some(folder => isWithin(real, folder))) return undefined
  const tree = systemTrees.find(folder => isWithin(real, folder))
  if (tree !== undefined) return `in ${tree}, which controls the host`
  if (/^\/run\/user\/\d+(?:\/(?:bus|docker|podman|systemd)(?:\/|$)|$)/.test(real))
    return 'a folder of the services of a user of the host'
  if (sharedFolders.includes(real)) return 'one of the folders that hold the whole system'
  const [, home, dotName = ''] = /^(\/root|\/(?:home|Users)\/[^/]+)\/(\.[^/]+)/.exec(real) ?? []
  if (home !== undefined && !harmlessInHome.includes(dotName))
    return `${home}/${dotName}, which configures the programs of a user of the host`
  const held = systemTrees.find(folder => isWithin(folder, real))
  return held === undefined ? undefined : `a folder that holds ${held}, which controls the host`
}

/** Returns true for the folder itself, and for everything inside. */
export function isWithin(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder === '/' ? '/' : `${folder}/`)
}
