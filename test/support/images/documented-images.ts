import { engineRequest } from '../engine/request.ts'
import { makeExampleImages } from './example-images.ts'
import { ensureFunctionImage, functionImage } from './function-image.ts'
import { ensureTestImage, testImage } from './images.ts'

/** Images of the documentation: what each is made of, and its command. No registry is asked. */
const images: Readonly<Record<string, { readonly from: string; readonly script: string; readonly command: string }>> = {
  'python:3-slim': {
    from: testImage,
    script: 'printf "#!/bin/sh\\nexec echo \\"\\$@\\"\\n" > /bin/python; chmod 755 /bin/python',
    command: '["python"]',
  },
  'node:22-slim': { from: functionImage, script: '', command: '["node"]' },
  ...Object.fromEntries(
    ['my/function', 'my/greet', 'my/thumb'].map(name => [
      name,
      {
        from: functionImage,
        // A stand-in for a JVM: it serves, whatever it is asked to run.
        script: 'printf "#!/bin/busybox sh\\nexec node /function/echo.cjs\\n" > /bin/java; busybox chmod 755 /bin/java',
        command: '["node","/function/echo.cjs"]',
      },
    ]),
  ),
}

/** Makes the images that are missing. Returns a function that removes them. */
export async function makeDocumentedImages(): Promise<() => Promise<void>> {
  await Promise.all([ensureTestImage(), ensureFunctionImage()])
  await makeExampleImages()
  const made: string[] = []
  for (const [name, { from, script, command }] of Object.entries(images)) {
    const tag = name.includes(':') ? name : `${name}:latest`
    const isThere = await engineRequest('GET', `/images/${tag}/json`).then(
      () => true,
      () => false,
    )
    if (isThere) continue
    await commit(tag, from, script, command)
    made.push(tag)
  }
  return async () => {
    for (const tag of made) await engineRequest('DELETE', `/images/${tag}`)
  }
}

async function commit(tag: string, from: string, script: string, command: string): Promise<void> {
  const options = { Image: from, Cmd: ['/bin/busybox', 'sh', '-c', `: ; ${script}`], NetworkDisabled: true }
  const { Id } = (await engineRequest('POST', '/containers/create', options)) as { Id: string }
  try {
    await engineRequest('POST', `/containers/${Id}/start`)
    await engineRequest('POST', `/containers/${Id}/wait`)
    const [repo = '', version = ''] = tag.split(':')
    const query = new URLSearchParams({ container: Id, repo, tag: version, changes: `CMD ${command}` })
    await engineRequest('POST', `/commit?${query}`)
  } finally {
    await engineRequest('DELETE', `/containers/${Id}?force=1`)
  }
}
