import { resolveDockerConfig } from '../../src/engines/docker/config/config.ts'
import { connect } from '../../src/engines/docker/connection/connect.ts'
import {
  CookietinError,
  createDockerDriver,
  createExecutor,
  createProcessDriver,
  type Driver,
} from '../../src/index.ts'
import { demoImage, findStaticBusybox, hasImage, importImage, removeImage } from './image.ts'

/** The driver and the image that the demo uses. */
export interface DemoDriver extends AsyncDisposable {
  readonly driver: Driver
  readonly image: string
  /** Printed before the tasks start. */
  readonly notices: readonly string[]
}

/**
 * Opens a Docker Engine with a busybox image. Without an engine, falls back to processes of this machine, with a
 * notice.
 */
export async function openDemoDriver(): Promise<DemoDriver> {
  try {
    return await openDocker()
  } catch (error) {
    if (!(error instanceof CookietinError)) throw error
    return await openProcesses(error)
  }
}

async function openProcesses(error: CookietinError): Promise<DemoDriver> {
  const driver = await createProcessDriver()
  return {
    driver,
    image: 'none',
    notices: [
      error.message,
      '',
      'So the tasks run as processes of this machine, WITHOUT ANY ISOLATION. They are harmless.',
    ],
    [Symbol.asyncDispose]: () => driver.close(),
  }
}

async function openDocker(): Promise<DemoDriver> {
  const { api, endpoint, version, close } = await connect(resolveDockerConfig({}, process.env), process.env)
  await using cleanUp = new AsyncDisposableStack()
  cleanUp.defer(close)
  const notices = [`Docker Engine ${version} at ${endpoint.url}`]
  let image = 'busybox'
  if (!(await hasImage(api, image))) {
    const busybox = await findStaticBusybox()
    if (busybox !== undefined) {
      image = demoImage
      notices.push(`It has no busybox image: one is made of this machine's ${busybox} until the end of the demo`)
      await importImage(api, busybox)
      cleanUp.defer(() => removeImage(api))
    } else {
      notices.push('It has no busybox image: pulling busybox')
    }
  }
  const driver = cleanUp.use(await createDockerDriver())
  await tryOut(driver, image)
  const kept = cleanUp.move()
  return { driver, image, notices, [Symbol.asyncDispose]: () => kept.disposeAsync() }
}

/** An engine that answers may still fail to get an image or to start a container. */
async function tryOut(driver: Driver, image: string): Promise<void> {
  await using executor = createExecutor({ driver })
  const { error } = await executor.run({ image, command: ['true'] })
  if (error !== undefined) throw error
}
