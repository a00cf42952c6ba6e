import { runGroup } from '../run-group.ts'

await runGroup('postgres-1')
