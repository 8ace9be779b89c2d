// How many threads the libraries below the engine take: one, as the engine shares out its work itself.
#pragma once

#include <array>

namespace memo {

// Makes OpenMP, and with it oneDNN and LibTorch, and OpenBLAS run on the calling thread only, from now on. Call in
// every thread that computes.
void use_one_thread_here();

// Lets the calling thread use the engine, and gives it back the threads that its own libraries had. For threads
// that belong to somebody else, e.g. to a program that loads this one as a module and computes with PyTorch as well.
class BorrowedThread {
 public:
  BorrowedThread();
  ~BorrowedThread();
  BorrowedThread(const BorrowedThread&) = delete;
  BorrowedThread& operator=(const BorrowedThread&) = delete;

 private:
  std::array<int, 2> before_;  // threads of OpenMP and of OpenBLAS
};

}  // namespace memo
