import { createDockerDriver, createExecutor } from 'cookietin'
import { filter, firstValueFrom } from 'rxjs'

await using driver = await createDockerDriver({ preForkPoolSize: 2 }) // two network namespaces are held ready
await using executor = createExecutor({ driver })

const { size, free } = await firstValueFrom(driver.prefork$.pipe(filter(({ free }) => free === 2)))
console.log(`${free} of ${size} free`)

driver.driverTransitions$
  .pipe(filter(({ machine }) => machine === 'network'))
  .subscribe(({ id, to }) => console.log(id, to)) // `ownNamespace` where none was free

const execution = executor.run({ image: 'busybox', command: ['hostname', '-i'], id: 'baker' })
execution.pull$.subscribe(({ image, current, total }) => console.log(image, current, 'of', total)) // where it is not there yet
console.log((await execution).status)
