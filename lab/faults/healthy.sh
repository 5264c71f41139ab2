about='Nothing is wrong.'
