/** Another tab: a worker that does with a storage what it is told, and answers with what came of it. */
import { type DeviceStorage, openStorage, type OutboxOperation } from '@aimdb/wasm/storage';

export type Order =
  | { readonly do: 'open'; readonly name: string }
  | { readonly do: 'commit'; readonly operations: readonly OutboxOperation[] }
  | { readonly do: 'takeOver'; readonly times: number }
  /** Commits batches without end, and tells the number of each that is stored. */
  | { readonly do: 'stream'; readonly batch: number };

let storage: DeviceStorage;

async function obey(order: Order): Promise<unknown> {
  if (order.do === 'open') {
    storage = await openStorage({ name: order.name });
    return { kind: storage.kind, device: storage.device };
  }
  if (order.do === 'commit') return storage.commit(order.operations);
  if (order.do === 'takeOver') {
    const epochs: number[] = [];
    for (let time = 0; time < order.times; time++) epochs.push((await storage.takeOver()).epoch);
    return epochs;
  }
  for (let number = 0; ; number++) {
    const first = number * order.batch;
    const operations = Array.from({ length: order.batch }, (_, at) => {
      return { op: 'put', client: 'device', id: first + at, entry: 'x'.repeat(1000) } as const;
    });
    await storage.commit(operations);
    postMessage({ stored: number });
  }
}

addEventListener('message', ({ data }: MessageEvent<Order>) => {
  obey(data).then(
    (answer) => postMessage({ answer }),
    (error) => postMessage({ error: String(error) }),
  );
});
