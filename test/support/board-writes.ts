// What Bull Board can change, read from the installed version itself.
import { createBullBoard } from '@bull-board/api'
import { ExpressAdapter } from '@bull-board/express'

interface Layer {
  readonly route?: { readonly path: string | string[]; readonly methods: object }
  readonly handle?: { readonly stack?: readonly Layer[] }
}

/** Every route of Bull Board that changes something, as the installed version mounts them: an upgrade that adds one is tested. */
export const boardWrites = (): string[] => {
  const adapter = new ExpressAdapter()
  createBullBoard({ queues: [], serverAdapter: adapter })
  const writes: string[] = []
  const walk = (layers: readonly Layer[]): void => {
    for (const { route, handle } of layers) {
      for (const method of Object.keys(route?.methods ?? {}))
        if (route !== undefined && !['get', 'head'].includes(method))
          for (const path of [route.path].flat()) writes.push(`${method.toUpperCase()} ${path}`)
      if (handle?.stack !== undefined) walk(handle.stack)
    }
  }
  walk((adapter.getRouter() as { router: { stack: readonly Layer[] } }).router.stack)
  return writes.map((write) =>
    write
      .replace(':queueName', 'metrics')
      .replace(':jobId', '4711')
      .replace(':queueStatus', 'failed')
      .replace(':schedulerId', 'sweep-dirty'),
  )
}
