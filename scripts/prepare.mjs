// Installs and builds what a command needs, as a process of its own, so that its output can go elsewhere.
import { prepare } from './setup.mjs'

prepare()
