import Docker from 'dockerode'

/** What a container does with plain dockerode. */
export interface Work {
  readonly image: string
  readonly command: readonly string[]
  /** `none`, `bridge`. */
  readonly network: string
  /** Called with the raw attached stream, which it must read. */
  readonly attached?: (stream: NodeJS.ReadWriteStream) => void
}

const docker = new Docker()

/** Runs a container by the calls that cookietin makes. Returns it after its end; the caller removes it. */
export async function runByHand({ image, command, network, attached }: Work): Promise<Docker.Container> {
  const container = await docker.createContainer({
    Image: image,
    Cmd: [...command],
    HostConfig: { NetworkMode: network, Init: true, LogConfig: { Type: 'none', Config: {} } },
  })
  const stream = await container.attach({ stream: true, stdout: true, stderr: true })
  if (attached === undefined) stream.resume()
  else attached(stream)
  const ended = new Promise<void>(resolve => stream.once('end', resolve).once('close', resolve))
  await container.start()
  await container.wait()
  await ended
  return container
}

/** The same, and removes it. */
export async function runAndRemoveByHand(work: Work): Promise<void> {
  const container = await runByHand(work)
  await container.remove({ v: true, force: true })
}

/** How many containers the engine has. */
export const countContainers = async (): Promise<number> => (await docker.listContainers({ all: true })).length

/** dockerode's own way to part an attached stream. */
export const demuxStream: typeof docker.modem.demuxStream = docker.modem.demuxStream.bind(docker.modem)
