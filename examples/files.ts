import { createDockerDriver, createExecutor } from 'cookietin'

await using driver = await createDockerDriver()
await using executor = createExecutor({ driver })

const { artifacts } = await executor.run({
  image: 'busybox',
  command: ['sh', '/app/upper.sh'],
  files: {
    '/app/upper.sh': 'mkdir /app/out && tr a-z A-Z < /app/recipe.txt > /app/out/recipe.txt',
    '/app/recipe.txt': 'flour, butter, sugar\n',
  },
  artifacts: ['/app/out'],
})
for await (const { path, size, type } of artifacts) if (type === 'file') console.log(path, size)
