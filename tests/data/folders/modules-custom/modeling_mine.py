raise RuntimeError('not for us')
