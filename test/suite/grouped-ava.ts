// What `import test from 'ava'` gives to the test files of a group.
export { test as default } from './grouped-test.ts'
