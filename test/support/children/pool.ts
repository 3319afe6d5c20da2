// Fills a prefork pool, prints the label of its containers, and waits to be killed.
import { filter, firstValueFrom } from 'rxjs'
import { testEngine } from '../engine/docker.ts'

const { engine } = await testEngine({ preForkPoolSize: 2 })
await firstValueFrom(engine.prefork$.pipe(filter(({ free }) => free === 2)))
console.log(engine.instance)
