// A worker of a cluster on the processes of this machine, or on the engine of DOCKER_HOST. Arguments: the path of Redis, the name of the
// host, the driver, the lease.
import { startWorker } from '../../../src/cluster/index.ts'
import { createDockerDriver, createProcessDriver } from '../../../src/index.ts'

const [connection = '', host = '', kind = '', lease = '5000'] = process.argv.slice(2)
const driver = kind === 'docker' ? await createDockerDriver() : await createProcessDriver()
const worker = await startWorker({ connection, driver, host, slots: 4, lease: Number(lease) })
process.on('SIGTERM', () => {
  void worker.close().then(async () => {
    await driver.close()
    process.exit(0)
  })
})
console.log('ready')
