// How a process of ours uses OpenMP, BLAS and malloc.
#pragma once

namespace memo {

// Makes OpenMP and OpenBLAS run on the calling thread only (use_one_thread_here()), and lets malloc keep and reuse
// large buffers instead of returning them to the system (each page would fault again in every forward pass). Call
// first in main.
void configure_process_for_inference();

// A program that links this never lets OpenBLAS start threads: see model/engine/blas_threads.cpp.
void keep_blas_single_threaded();

// Gives the pages of freed memory back to the system. For steps other than inference that allocate large tensors
// of many sizes: malloc can reuse few of the holes they leave, and keeps them all.
void release_freed_memory();

}  // namespace memo
