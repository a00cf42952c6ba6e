import { runGroup } from '../run-group.ts'

await runGroup('processes-3')
