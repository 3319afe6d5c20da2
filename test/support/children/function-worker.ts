// A worker of a cluster whose functions never answer. Arguments: the path of Redis, the name of the host, the lease.
import { createServer } from 'node:http'
import { startWorker } from '../../../src/cluster/index.ts'
import { createMockDriver } from '../../../src/driver/testing.ts'

const [connection = '', host = '', lease = '5000'] = process.argv.slice(2)
const driver = createMockDriver(() => ({
  runFor: 60_000,
  onStart: ({ udsPath = '' }) => {
    createServer(() => console.log('called')).listen(`${udsPath}/lsnr.sock`)
  },
}))
Object.assign(driver.engine, { socketSharing: { unavailable: undefined } })
await startWorker({ connection, driver, host, slots: 4, lease: Number(lease) })
console.log('ready')
