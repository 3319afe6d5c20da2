import { createDockerDriver, createExecutor } from 'cookietin'

await using driver = await createDockerDriver()
await using executor = createExecutor({ driver })

await using greet = executor.function({ image: 'example/fdk', memory: '256m', disableNet: true })
for (const name of ['Ada', 'Grace']) {
  const response = await greet.invoke({ body: JSON.stringify({ name }), timeout: 10_000 })
  const { message } = (await response.json()) as { message: string }
  console.log(response.status, message)
}
console.log(greet.size, 'container')
