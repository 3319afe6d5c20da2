import { canInstall, install } from '../engine/install.ts'
import { isInstalled } from '../engine/private.ts'

/** Installs what the tests of a cluster need. Each test file starts a Redis of its own. */
export default function setUp(): void {
  if (!isInstalled('redis-server') && canInstall()) install(['redis-server'])
}
